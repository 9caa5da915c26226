namespace Kvasir.Benchmarks.Peers;

/// <summary>What a check of <see cref="TurnCheck"/> times.</summary>
internal enum CheckKind
{
    /// <summary>A whole prompt up to its first token, nothing reused.</summary>
    Prefill,

    /// <summary>The tokens behind the first, of one sequence behind a context.</summary>
    Decode,

    /// <summary>The same of several sequences together, each behind a short prompt of its own.</summary>
    Batch,
}

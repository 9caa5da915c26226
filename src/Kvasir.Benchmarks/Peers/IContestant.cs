namespace Kvasir.Benchmarks.Peers;

/// <summary>An engine with the model loaded, which takes turns. One turn at a time.</summary>
internal interface IContestant : IAsyncDisposable
{
    /// <summary>Its name, e.g. <c>llama.cpp</c>.</summary>
    string Name { get; }

    /// <summary>Its process, where it is not this one.</summary>
    int? ProcessId { get; }

    /// <summary>Whether it does a check.</summary>
    bool TakesPart(string check);

    /// <summary>Does a turn and says how long it took.</summary>
    /// <exception cref="PeerException">It could not, or is gone.</exception>
    Task<TurnTime> RunAsync(Turn turn, CancellationToken cancellation);
}

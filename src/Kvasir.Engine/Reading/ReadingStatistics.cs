namespace Kvasir.Engine.Reading;

/// <summary>How much of what is kept was read.</summary>
public sealed record ReadingStatistics
{
    /// <summary>The policy.</summary>
    public required string Policy { get; init; }

    /// <summary>Rows that a query of a KV head may read, about.</summary>
    public required int Budget { get; init; }

    /// <summary>
    /// Rows that blocks of queries read, over those that they could have, of the prompt or of the answer, as the policy has it; all layers and
    /// heads. 1 when nothing was left out.
    /// </summary>
    public required double ReadShare { get; init; }

    /// <summary>Bytes that were kept beside the rows to choose among them.</summary>
    public required long BookBytes { get; init; }
}

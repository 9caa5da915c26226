using Kvasir.KvCache.Blending.Anchors;

namespace Kvasir.Engine.Agents;

/// <summary>How a team reuses.</summary>
public sealed record AgentOptions
{
    /// <summary>Parameters of the anchors.</summary>
    public AnchorSettings Anchors { get; init; } = new();

    /// <summary>
    /// Where the rows of fixed segments come from. Computing them costs little, as they are short; on a stream of the bundled model 95.3 % of the predicted
    /// calls then answered like dense ones, and 93.8 % with only the last one computed.
    /// </summary>
    public SegmentRows Segments { get; init; } = SegmentRows.Computed;

    /// <summary>A prompt with fewer tokens in messages is computed: that is quicker. <see cref="AgentTeam.BreakEven"/> advises.</summary>
    public int LeastReusedTokens { get; init; } = 1;

    /// <summary>
    /// Nats by which the first token of an answer must lead the second behind a predicted prompt; otherwise the prompt is computed after all. 0 for never,
    /// as published. On streams of the bundled model (five seeds) 0.74, 0.71 and 0.68 of the calls are predicted with 0, 0.5 and 1, and 95.2, 96.3 and
    /// 96.9 % of them answer like dense ones.
    /// </summary>
    public double LeastMargin { get; init; } = 0.5;

    /// <summary>Tokens behind which texts are computed by themselves, such as those of "The task is:"; at least one.</summary>
    public required ReadOnlyMemory<int> LeadIn { get; init; }

    /// <summary>Secret of the tenant: only its own teams share KV with it. Empty is the public scope.</summary>
    public ReadOnlyMemory<byte> CacheSalt { get; init; }

    /// <summary>True to keep the offsets of all fixed segments, whether they are predicted or computed; for comparisons of the two.</summary>
    internal bool KeepsSegments { get; init; }
}

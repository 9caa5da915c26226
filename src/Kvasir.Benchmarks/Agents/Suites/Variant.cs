using Kvasir.Engine.Agents;
using Kvasir.KvCache.Blending;

namespace Kvasir.Benchmarks.Agents.Suites;

/// <summary>A way to reuse, whose deviation from the dense run is measured.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Corrections">Which parts of the correction it has.</param>
/// <param name="Segments">Where the rows of fixed segments come from.</param>
/// <param name="Blend">When not null, messages are reused as chunks by this policy instead, and nothing is predicted.</param>
internal sealed record Variant(string Name, AgentCorrections Corrections, SegmentRows Segments, IBlendPolicy? Blend = null)
{
    /// <summary>The published form, what it is without each of its parts, forms with computed segments, and what it is held against.</summary>
    public static readonly Variant[] All =
    [
        new("kvcomm", AgentCorrections.All, SegmentRows.Predicted),
        new("rotation only", AgentCorrections.Rotation, SegmentRows.Predicted),
        new("nothing", AgentCorrections.None, SegmentRows.Predicted),
        new("without rotation", AgentCorrections.Placeholder | AgentCorrections.Segment, SegmentRows.Predicted),
        new("without placeholder offset", AgentCorrections.Rotation | AgentCorrections.Segment, SegmentRows.Predicted),
        new("without segment offset", AgentCorrections.Rotation | AgentCorrections.Placeholder, SegmentRows.Predicted),
        new("kvcomm, last segment computed", AgentCorrections.All, SegmentRows.LastComputed),
        new("rotation only, last segment computed", AgentCorrections.Rotation, SegmentRows.LastComputed),
        new("kvcomm, segments computed", AgentCorrections.All, SegmentRows.Computed),
        new("rotation only, segments computed", AgentCorrections.Rotation, SegmentRows.Computed),
        new("cacheblend, 20 %", AgentCorrections.None, SegmentRows.Computed, new CacheBlendPolicy(0.2)),
    ];
}

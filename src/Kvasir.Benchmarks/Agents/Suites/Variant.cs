using Kvasir.Engine.Agents;

namespace Kvasir.Benchmarks.Agents.Suites;

/// <summary>A way to reuse, whose deviation from the dense run is measured.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Corrections">Which parts of the correction it has.</param>
/// <param name="Segments">Where the rows of fixed segments come from.</param>
internal sealed record Variant(string Name, AgentCorrections Corrections, SegmentRows Segments)
{
    /// <summary>The published form, what it is without each of its parts, and the form with a computed last segment.</summary>
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
    ];
}

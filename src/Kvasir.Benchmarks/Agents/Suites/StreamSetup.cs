using Kvasir.Engine.Agents;
using Kvasir.KvCache.Blending.Anchors;

namespace Kvasir.Benchmarks.Agents.Suites;

/// <summary>A stream of tasks for a team.</summary>
internal sealed record StreamSetup
{
    public int Agents { get; init; } = 3;

    /// <summary>Whether each agent reads the findings of all before it.</summary>
    public bool Full { get; init; } = true;

    public IReadOnlyList<int> RoleTokens { get; init; } = [128, 192, 256, 384, 512];

    public int Questions { get; init; } = 100;

    /// <summary>Fewest and most records of a task.</summary>
    public (int Least, int Most) Records { get; init; } = (8, 12);

    /// <summary>Kinds of tasks.</summary>
    public int Templates { get; init; } = 4;

    public AnchorSettings Anchors { get; init; } = new();

    /// <summary>Lead of the first token below which a predicted prompt is computed after all, nats.</summary>
    public double LeastMargin { get; init; } = 0.5;

    public SegmentRows Segments { get; init; } = SegmentRows.Computed;

    /// <summary>Whether every reused call is compared with a dense one.</summary>
    public bool Compares { get; init; } = true;
}

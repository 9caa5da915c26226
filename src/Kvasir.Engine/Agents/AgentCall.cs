using Kvasir.Engine.Blending;

namespace Kvasir.Engine.Agents;

/// <summary>How an agent is asked.</summary>
public sealed record AgentCall
{
    /// <summary>Whether it may reuse.</summary>
    public AgentReuse Reuse { get; init; }

    /// <summary>Most tokens of the answer; the agent's own when null.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>False to look only: nothing becomes an anchor, and the exact prefix is neither used nor kept. For comparisons.</summary>
    internal bool LeavesTraces { get; init; } = true;

    internal AgentCorrections Corrections { get; init; } = AgentCorrections.All;

    /// <summary>Another choice than the team's.</summary>
    internal SegmentRows? Segments { get; init; }

    /// <summary>Sees the rows too, when the answer has ended.</summary>
    internal IRowCapture? Capture { get; init; }
}

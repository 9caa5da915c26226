namespace Kvasir.Engine.Agents;

/// <summary>Who decides whether an agent's prompt is computed.</summary>
public enum AgentReuse
{
    /// <summary>The anchors do.</summary>
    Auto,

    /// <summary>It is computed. It may become an anchor.</summary>
    Never,

    /// <summary>Whatever anchors there are are used, however far they are, and none is made; for measurements.</summary>
    Always,
}

namespace Kvasir.Engine.Agents;

/// <summary>An agent: a role that reads messages and answers.</summary>
public sealed record AgentDefinition
{
    /// <summary>Its name, unique in the team.</summary>
    public required string Name { get; init; }

    /// <summary>Its prompt.</summary>
    public required AgentTemplate Template { get; init; }

    /// <summary>
    /// True to compute its prompts always. Judges that compare candidates are harmed by reuse even where accuracy looks stable (arXiv 2601.08343).
    /// </summary>
    public bool AlwaysDense { get; init; }

    /// <summary>Placeholder that its answers fill, such as <c>agent_1_current</c>: they are compared with anchors as soon as they are there. Null when nobody reads them.</summary>
    public string? Answers { get; init; }

    /// <summary>Most tokens of its answers.</summary>
    public int MaxTokens { get; init; } = 64;
}

namespace Kvasir.Engine.Agents;

/// <summary>A part of an agent's prompt: fixed tokens, or a place where a message goes.</summary>
/// <param name="Placeholder">Names the kind of content, the same for all agents that read it; null for fixed tokens.</param>
/// <param name="Tokens">The fixed tokens; for a placeholder, the marker that stands for it while the fixed segments are computed.</param>
public sealed record TemplatePart(string? Placeholder, ReadOnlyMemory<int> Tokens)
{
    /// <summary>Fixed tokens.</summary>
    public static TemplatePart Fixed(params int[] tokens) => new(null, tokens);

    /// <summary>A place for a message.</summary>
    /// <param name="id">Kind of content, e.g. <c>user_question</c> or <c>agent_1_current</c>.</param>
    /// <param name="marker">Tokens that stand for it while the fixed segments are computed, such as those of its name.</param>
    public static TemplatePart For(string id, params int[] marker) => new(id, marker);
}

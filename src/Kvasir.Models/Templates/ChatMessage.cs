namespace Kvasir.Models;

/// <summary>A message of a conversation. What it holds is data: nothing in it is template code.</summary>
/// <param name="Role">For example <c>system</c>, <c>user</c>, <c>assistant</c>, <c>tool</c>.</param>
/// <param name="Content">The text; null where an assistant only called functions.</param>
public sealed record ChatMessage(string Role, string? Content)
{
    /// <summary>Who speaks, or the function whose result this is.</summary>
    public string? Name { get; init; }

    /// <summary>The functions that the assistant called, in order.</summary>
    public IReadOnlyList<ChatToolCall> ToolCalls { get; init; } = [];

    /// <summary>The call whose result this is.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>What the assistant thought before it answered.</summary>
    public string? ReasoningContent { get; init; }
}

using Kvasir.Models;

namespace Kvasir.Engine.Conversations;

/// <summary>A whole answer, taken apart.</summary>
/// <param name="Text">The text without reasoning and calls; may be empty.</param>
/// <param name="Reasoning">The reasoning; null when there was none.</param>
/// <param name="ToolCalls">The functions called, in order.</param>
public sealed record ParsedAnswer(string Text, string? Reasoning, IReadOnlyList<ChatToolCall> ToolCalls);

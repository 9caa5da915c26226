namespace Kvasir.Models;

/// <summary>A message of a conversation. Role and content are data: nothing in them is template code.</summary>
/// <param name="Role">For example <c>system</c>, <c>user</c>, <c>assistant</c>, <c>tool</c>.</param>
/// <param name="Content">The text.</param>
public sealed record ChatMessage(string Role, string Content);

using System.Text.Json;

namespace Kvasir.Engine.Conversations.Calls;

/// <summary>A parameter of a function, where the format writes them one by one.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Schema">Its schema, which brings the definitions that it refers to.</param>
/// <param name="Required">Whether a call must give it.</param>
/// <param name="IsText">Whether it is always a string.</param>
internal sealed record ToolParameter(string Name, JsonElement Schema, bool Required, bool IsText);

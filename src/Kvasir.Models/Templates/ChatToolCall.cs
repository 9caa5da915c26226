using System.Text.Json;

namespace Kvasir.Models;

/// <summary>A call of a function by the assistant.</summary>
/// <param name="Id">Names the call for its result; null where the protocol has none.</param>
/// <param name="Name">The function.</param>
/// <param name="Arguments">Its arguments, an object. The element's document must live as long as the call.</param>
public sealed record ChatToolCall(string? Id, string Name, JsonElement Arguments);

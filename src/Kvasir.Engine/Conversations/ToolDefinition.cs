using System.Text.Json;

namespace Kvasir.Engine.Conversations;

/// <summary>A function that the model may call.</summary>
/// <param name="Name">Its name: letters, digits, <c>_</c>, <c>-</c> and <c>.</c>, at most 128.</param>
/// <param name="Description">What it does, for the model to read.</param>
/// <param name="Parameters">A JSON schema of the arguments, an object; no parameters when null.</param>
/// <param name="Strict">
/// True: a schema that cannot be enforced exactly is an error. False: such a function's arguments are only held to be a JSON object.
/// </param>
public sealed record ToolDefinition(string Name, string? Description, JsonElement? Parameters, bool Strict = false);

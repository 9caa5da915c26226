using System.Text.Json;

namespace Kvasir.Models;

/// <summary>A function that a template describes to the model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it does.</param>
/// <param name="Parameters">A JSON schema of an object; an object without properties when null.</param>
public sealed record ChatTool(string Name, string? Description, JsonElement? Parameters);

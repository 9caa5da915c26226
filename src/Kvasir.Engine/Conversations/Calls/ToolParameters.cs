using System.Text.Json;
using System.Text.Json.Nodes;

namespace Kvasir.Engine.Conversations.Calls;

/// <summary>Takes a function's schema apart.</summary>
internal static class ToolParameters
{
    private static readonly string[] Definitions = ["$defs", "definitions"];

    /// <summary>The properties that the schema names, in its order; none where it names none.</summary>
    public static IReadOnlyList<ToolParameter> Of(ToolDefinition? tool)
    {
        if (tool?.Parameters is not { ValueKind: JsonValueKind.Object } schema
            || !schema.TryGetProperty("properties", out var properties) || properties.ValueKind != JsonValueKind.Object)
        {
            return [];
        }

        var required = schema.TryGetProperty("required", out var names) && names.ValueKind == JsonValueKind.Array
            ? names.EnumerateArray().Where(n => n.ValueKind == JsonValueKind.String).Select(n => n.GetString()!).ToHashSet(StringComparer.Ordinal)
            : [];
        return
        [
            .. properties.EnumerateObject()
                .Select(p => new ToolParameter(p.Name, WithDefinitions(p.Value, schema), required.Contains(p.Name), IsText(p.Value))),
        ];
    }

    /// <summary>The schema of all arguments together: an object, whatever the schema leaves open.</summary>
    public static JsonElement Whole(ToolDefinition tool)
    {
        if (tool.Parameters is not { ValueKind: JsonValueKind.Object } schema)
            return Parse("""{"type":"object","properties":{},"additionalProperties":false}""");
        if (schema.TryGetProperty("type", out _) || schema.TryGetProperty("$ref", out _))
            return schema;
        var node = JsonObject.Create(schema)!;
        node["type"] = "object";
        return Parse(node.ToJsonString());
    }

    private static bool IsText(JsonElement schema) =>
        schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String
        && type.ValueEquals("string");

    private static JsonElement WithDefinitions(JsonElement schema, JsonElement root)
    {
        if (schema.ValueKind != JsonValueKind.Object || !Definitions.Any(d => root.TryGetProperty(d, out _) && !schema.TryGetProperty(d, out _)))
            return schema;
        var node = JsonObject.Create(schema)!;
        foreach (var name in Definitions)
        {
            if (root.TryGetProperty(name, out var definitions) && !node.ContainsKey(name))
                node[name] = JsonNode.Parse(definitions.GetRawText());
        }

        return Parse(node.ToJsonString());
    }

    private static JsonElement Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}

using System.Text.Json;

namespace Kvasir.Grammars.Json;

/// <summary>Which keywords are known, and helpers to read their values.</summary>
internal static class SchemaKeywords
{
    private static readonly HashSet<string> Enforced = new(
        [
            "$ref", "$dynamicRef", "$recursiveRef", "type", "nullable", "enum", "const", "allOf", "anyOf", "oneOf", "not", "if", "then", "else",
            "properties", "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties", "maxProperties",
            "dependentRequired", "dependentSchemas", "dependencies", "unevaluatedProperties", "items", "prefixItems", "additionalItems",
            "minItems", "maxItems", "uniqueItems", "contains", "minContains", "maxContains", "unevaluatedItems", "minLength", "maxLength",
            "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "divisibleBy",
        ],
        StringComparer.Ordinal);

    private static readonly HashSet<string> Annotations = new(
        [
            "$schema", "$id", "id", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$defs", "definitions", "$comment", "$vocabulary",
            "title", "description", "default", "example", "examples", "deprecated", "readOnly", "writeOnly", "contentEncoding",
            "contentMediaType", "contentSchema", "externalDocs", "xml", "discriminator", "markdownDescription", "strict", "name",
        ],
        StringComparer.Ordinal);

    private static readonly string[] Applicators = ["$ref", "$dynamicRef", "$recursiveRef", "allOf", "anyOf", "oneOf", "not", "if", "dependentSchemas", "dependencies"];

    public static void CheckKnown(JsonElement schema, string pointer, JsonSchemaOptions options)
    {
        foreach (var property in schema.EnumerateObject())
        {
            var name = property.Name;
            if (!Enforced.Contains(name) && !Annotations.Contains(name) && !options.Lenient && !name.StartsWith("x-", StringComparison.Ordinal))
                throw SchemaDocument.Error(pointer + SchemaDocument.Part(name), "the keyword is not known, so it cannot be enforced; remove it, or read the schema leniently");
        }

        foreach (var keyword in (ReadOnlySpan<string>)["unevaluatedProperties", "unevaluatedItems"])
        {
            if (schema.TryGetProperty(keyword, out var value) && value.ValueKind != JsonValueKind.True && Applicators.Any(name => schema.TryGetProperty(name, out _)))
                throw SchemaDocument.Error($"{pointer}/{keyword}", "it is supported only in a schema without references and combinations; use additionalProperties or items");
        }
    }

    /// <summary>A count from 0 on, such as <c>minLength</c>; null where it is absent.</summary>
    public static int? Count(JsonElement schema, string keyword, string pointer)
    {
        if (!schema.TryGetProperty(keyword, out var value))
            return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= 0 && number == Math.Floor(number))
            return number > int.MaxValue ? int.MaxValue : (int)number;
        throw SchemaDocument.Error($"{pointer}/{keyword}", $"a whole number from 0 on is expected, not {value.GetRawText()}");
    }

    public static string Text(JsonElement value, string pointer) => value.ValueKind == JsonValueKind.String
        ? value.GetString()!
        : throw SchemaDocument.Error(pointer, $"a string is expected, not {value.ValueKind}");

    public static IEnumerable<JsonProperty> Members(JsonElement value, string pointer) => value.ValueKind == JsonValueKind.Object
        ? value.EnumerateObject()
        : throw SchemaDocument.Error(pointer, $"an object is expected, not {value.ValueKind}");

    public static IEnumerable<JsonElement> Items(JsonElement value, string pointer) => value.ValueKind == JsonValueKind.Array
        ? value.EnumerateArray()
        : throw SchemaDocument.Error(pointer, $"an array is expected, not {value.ValueKind}");
}

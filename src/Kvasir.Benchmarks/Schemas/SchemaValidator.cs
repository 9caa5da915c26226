using System.Text.Json;
using Json.Schema;

namespace Kvasir.Benchmarks.Schemas;

/// <summary>Tells whether documents are instances of a schema, by an independent library.</summary>
/// <param name="schema">The schema, JSON.</param>
public sealed class SchemaValidator(string schema)
{
    /// <summary>A model that talks nonsense nests trees deeper than the parser takes by default (64).</summary>
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 2000 };

    private readonly JsonSchema _schema = JsonSchema.FromText(schema, BuildOptions());

    /// <summary>Whether the document, JSON, is an instance.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public bool IsValid(string json)
    {
        using var document = JsonDocument.Parse(json, Deep);
        return _schema.Evaluate(document.RootElement, new EvaluationOptions { RequireFormatValidation = true, OutputFormat = OutputFormat.Flag }).IsValid;
    }

    /// <summary>
    /// Whether the validator measures some string otherwise than the standard does: it counts grapheme clusters, the standard (RFC 8259
    /// characters) code points. Such a document proves nothing about lengths.
    /// </summary>
    public static bool CountsOtherwise(string json)
    {
        using var document = JsonDocument.Parse(json, Deep);
        return Strings(document.RootElement).Any(text => new System.Globalization.StringInfo(text).LengthInTextElements != text.EnumerateRunes().Count());
    }

    private static IEnumerable<string> Strings(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => [element.GetString()!],
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Strings),
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property => Strings(property.Value)),
        _ => [],
    };

    private static BuildOptions BuildOptions() => new() { SchemaRegistry = new SchemaRegistry() };
}

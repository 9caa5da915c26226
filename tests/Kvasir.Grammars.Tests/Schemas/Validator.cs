using System.Text.Json;
using Json.Schema;

namespace Kvasir.Grammars.Tests.Schemas;

/// <summary>An independent validator.</summary>
internal sealed class Validator(string schema)
{
    private readonly JsonSchema _schema = JsonSchema.FromText(schema, BuildOptions());

    public bool IsValid(string json)
    {
        using var document = JsonDocument.Parse(json);
        return _schema.Evaluate(document.RootElement, new EvaluationOptions { RequireFormatValidation = true, OutputFormat = OutputFormat.Flag }).IsValid;
    }

    private static BuildOptions BuildOptions() => new() { SchemaRegistry = new SchemaRegistry() };
}

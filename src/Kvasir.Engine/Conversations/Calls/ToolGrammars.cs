using System.Text.Json;
using Kvasir.Grammars;

namespace Kvasir.Engine.Conversations.Calls;

/// <summary>The grammars of what may be called with what.</summary>
internal sealed class ToolGrammars(IReadOnlyList<ToolDefinition> tools)
{
    // Objects that do not say whether they are open are closed: a model is kept to the parameters that it was told of.
    private static readonly JsonSchemaOptions Exact = new() { Whitespace = JsonWhitespace.SingleSpace, AdditionalPropertiesByDefault = false };
    private static readonly JsonSchemaOptions Lenient = Exact with { Lenient = true };

    /// <summary>Any one call; <paramref name="write"/> gets the name as a JSON string, and the arguments.</summary>
    public Grammar Any(Func<string, Grammar, Grammar> write) =>
        Grammar.Choice([.. tools.Select(t => write($"\"{t.Name}\"", Schema(ToolParameters.Whole(t), t.Strict, Grammar.JsonObject)))]);

    /// <summary>Any one call, where parameters are written one by one.</summary>
    public Grammar AnyByParameters(Func<ToolDefinition, IReadOnlyList<ParameterGrammar>, Grammar> write) => Grammar.Choice([.. tools.Select(t =>
        write(t, [.. ToolParameters.Of(t).Select(p => Parameter(p, t.Strict))]))]);

    private static ParameterGrammar Parameter(ToolParameter parameter, bool strict)
    {
        var choices = parameter.IsText && parameter.Schema.TryGetProperty("enum", out var values) && values.ValueKind == JsonValueKind.Array
            && values.EnumerateArray().All(v => v.ValueKind == JsonValueKind.String)
            ? values.EnumerateArray().Select(v => v.GetString()!).ToList()
            : null;
        return new ParameterGrammar(
            parameter.Name, parameter.Required, parameter.IsText, choices is { Count: > 0 } ? choices : null, Schema(parameter.Schema, strict, Grammar.JsonValue));
    }

    // A schema that cannot be enforced exactly is an error only where the function is strict.
    private static Grammar Schema(JsonElement schema, bool strict, Func<Grammar> otherwise)
    {
        try
        {
            return Grammar.FromJsonSchema(schema, strict ? Exact : Lenient);
        }
        catch (GrammarException) when (!strict)
        {
            return otherwise();
        }
    }
}

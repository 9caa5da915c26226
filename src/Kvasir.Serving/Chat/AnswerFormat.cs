using System.Text.Json;
using Kvasir.Grammars;
using Kvasir.Serving.Errors;
using Kvasir.Serving.Json;

namespace Kvasir.Serving.Chat;

/// <summary>What the text of an answer must look like, as a request says it.</summary>
/// <param name="Kind">Names the grammar in a cache, together with <paramref name="Source"/>.</param>
/// <param name="Source">The grammar's source.</param>
/// <param name="Field">The field that it came from, for errors.</param>
/// <param name="Make">Makes the grammar.</param>
internal sealed record AnswerFormat(string Kind, string Source, string Field, Func<Grammar> Make)
{
    private const int MaxChoices = 1024;

    // Objects that do not say whether they are open are closed, which keeps a model to what was asked for.
    private static readonly JsonSchemaOptions Schemas = new() { Lenient = true, AdditionalPropertiesByDefault = false };

    /// <summary>Names the grammar.</summary>
    public string Key => $"{Kind} {Source}";

    /// <summary>
    /// The format of a request: <c>response_format</c> with json_object, json_schema, regex or grammar, or vLLM's fields <c>guided_json</c>,
    /// <c>guided_regex</c>, <c>guided_grammar</c>, <c>guided_choice</c> and <c>structured_outputs</c>; null for free text.
    /// </summary>
    public static AnswerFormat? Read(JsonFields body) =>
        body.Object("response_format") is { } format && Typed(format) is { } typed ? typed
            : body.Object("structured_outputs") is { } structured ? Fields(structured, "")
            : Fields(body, "guided_");

    /// <summary>A format with a type, as in <c>response_format</c> and in a response's <c>text.format</c>.</summary>
    public static AnswerFormat? Typed(JsonFields format)
    {
        format.RequireText("type");
        switch (format.OneOf("type", "text", "json_object", "json_schema", "regex", "grammar"))
        {
            case "json_object":
                return new AnswerFormat("json_object", "", format.Path("type"), Grammar.JsonObject);
            case "json_schema":
                // Chats wrap the schema together with its name, responses do not.
                var wrapped = format.Object("json_schema");
                return Schema(wrapped is { } inner && inner.TryGet("schema", out _) ? inner : format, "schema");
            case "regex":
                return Text("regex", format, format.TryGet("regex", out _) ? "regex" : "pattern", Grammar.FromRegex);
            case "grammar":
                var lark = format.OneOf("syntax", "gbnf", "lark") == "lark";
                return Text(lark ? "lark" : "gbnf", format, "grammar", lark ? Grammar.FromLark : Grammar.FromGbnf);
            default:
                return null;
        }
    }

    /// <summary>Makes the grammar.</summary>
    /// <exception cref="ApiException">It is not valid, or cannot be enforced.</exception>
    public Grammar ToGrammar()
    {
        try
        {
            return Make();
        }
        catch (GrammarException exception)
        {
            throw ApiException.Invalid(Field, $"{Field}: {exception.Message}", "invalid_grammar", exception);
        }
    }

    private static AnswerFormat? Fields(JsonFields fields, string prefix)
    {
        if (fields.TryGet(prefix + "json", out _))
            return Schema(fields, prefix + "json");
        if (fields.TryGet(prefix + "regex", out _))
            return Text("regex", fields, prefix + "regex", Grammar.FromRegex);
        if (fields.TryGet(prefix + "grammar", out _))
            return Text("gbnf", fields, prefix + "grammar", Grammar.FromGbnf);
        if (fields.Array(prefix + "choice", MaxChoices) is not { Count: > 0 } choices)
            return null;
        var texts = choices.Select(choice => choice.Value.ValueKind == JsonValueKind.String
            ? JsonFields.Read(choice.Value, choice.Path)
            : throw JsonFields.Wrong(choice.Path, "a string", choice.Value)).ToArray();
        return new AnswerFormat(
            "choice", string.Join('\0', texts), fields.Path(prefix + "choice"), () => Grammar.Choice([.. texts.Select(text => Grammar.Literal(text))]));
    }

    private static AnswerFormat Schema(JsonFields fields, string name)
    {
        if (!fields.TryGet(name, out var value))
            throw fields.Missing(name);
        if (value.ValueKind is not (JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False))
            throw JsonFields.Wrong(fields.Path(name), "a JSON schema", value);
        var schema = value.Clone();
        return new AnswerFormat("json_schema", schema.GetRawText(), fields.Path(name), () => Grammar.FromJsonSchema(schema, Schemas));
    }

    private static AnswerFormat Text(string kind, JsonFields fields, string name, Func<string, Grammar> make)
    {
        var source = fields.RequireText(name);
        return new AnswerFormat(kind, source, fields.Path(name), () => make(source));
    }
}

using System.Text.Json;
using Kvasir.Engine.Conversations;
using Kvasir.Serving.Errors;
using Kvasir.Serving.Json;

namespace Kvasir.Serving.Chat;

/// <summary>Reads functions and the choice among them.</summary>
internal static class ToolReader
{
    /// <summary>The functions.</summary>
    /// <param name="body">The request.</param>
    /// <param name="nested">Whether a function stands in a field <c>function</c>, as in chats; in responses it does not.</param>
    public static IReadOnlyList<ToolDefinition> Tools(JsonFields body, bool nested)
    {
        var result = new List<ToolDefinition>();
        foreach (var (value, path) in body.Array("tools", ConversationRequest.MaxTools) ?? [])
        {
            var tool = new JsonFields(value, path);
            var type = tool.RequireText("type");
            if (type != "function")
                throw tool.Invalid("type", $"is '{type}'; only functions can be called");
            var function = nested ? tool.Object("function") ?? throw tool.Missing("function") : tool;
            result.Add(new ToolDefinition(
                function.RequireText("name"),
                function.Text("description"),
                function.Object("parameters")?.Element.Clone(),
                function.Flag("strict") ?? false));
        }

        return result;
    }

    /// <summary>Whether they are called.</summary>
    /// <param name="body">The request.</param>
    /// <param name="nested">As in <see cref="Tools"/>.</param>
    public static ToolChoice Choice(JsonFields body, bool nested)
    {
        if (!body.TryGet("tool_choice", out var value))
            return ToolChoice.Auto;
        if (value.ValueKind != JsonValueKind.String)
        {
            var named = new JsonFields(value, "tool_choice");
            var function = nested ? named.Object("function") ?? throw named.Missing("function") : named;
            return ToolChoice.Named(function.RequireText("name"));
        }

        return body.OneOf("tool_choice", "auto", "none", "required") switch
        {
            "none" => ToolChoice.None,
            "required" => ToolChoice.Required,
            _ => ToolChoice.Auto,
        };
    }

    /// <summary>Variables of the chat template.</summary>
    public static IReadOnlyDictionary<string, object?>? TemplateVariables(JsonFields body, string? reasoningEffort)
    {
        var given = body.Object("chat_template_kwargs");
        if (given is null && reasoningEffort is null)
            return null;
        var result = new Dictionary<string, object?>(StringComparer.Ordinal);
        if (reasoningEffort is not null)
            result["reasoning_effort"] = reasoningEffort;
        if (given is { } variables)
        {
            foreach (var variable in variables.Element.EnumerateObject())
                result[variable.Name] = Value(variable.Value, variables.Path(variable.Name));
        }

        return result;
    }

    private static object? Value(JsonElement value, string path) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.String => JsonFields.Read(value, path),
        JsonValueKind.Number when value.TryGetInt64(out var number) => number,
        JsonValueKind.Number => value.GetDouble(),
        _ => throw ApiException.Invalid(path, $"{path} must be a text, a number, true, false or null"),
    };
}

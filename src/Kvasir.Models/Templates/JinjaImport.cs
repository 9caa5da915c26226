using System.Collections;
using System.Globalization;
using System.Text.Json;

namespace Kvasir.Models;

/// <summary>Brings a conversation into a template's world: every text through one function, every field where templates look for it.</summary>
internal sealed class JinjaImport(Func<string, string> text, bool argumentsAsText)
{
    private const int MaxDepth = 64;

    public List<object?> Messages(IReadOnlyList<ChatMessage> messages) => [.. messages.Select(m => (object?)Message(m))];

    public List<object?> Tools(IReadOnlyList<ChatTool> tools) => [.. tools.Select(t => (object?)Tool(t))];

    /// <summary>A variable: plain data, or JSON.</summary>
    public object? Value(object? value) => Value(value, 0);

    private OrderedDictionary<string, object?> Message(ChatMessage message)
    {
        // Roles are the protocol's own words.
        var fields = new OrderedDictionary<string, object?> { ["role"] = message.Role, ["content"] = Text(message.Content) };
        if (message.ReasoningContent is { } reasoning)
            fields["reasoning_content"] = text(reasoning);
        if (message.ToolCalls.Count > 0)
            fields["tool_calls"] = message.ToolCalls.Select(c => (object?)Call(c)).ToList();
        if (message.ToolCallId is { } call)
            fields["tool_call_id"] = text(call);
        if (message.Name is { } name)
            fields["name"] = text(name);
        return fields;
    }

    private OrderedDictionary<string, object?> Call(ChatToolCall call)
    {
        var fields = new OrderedDictionary<string, object?>();
        if (call.Id is { } id)
            fields["id"] = text(id);
        fields["type"] = "function";
        object? arguments = call.Arguments.ValueKind == JsonValueKind.Undefined ? new OrderedDictionary<string, object?>() : Json(call.Arguments, 0);
        fields["function"] = new OrderedDictionary<string, object?>
        {
            ["name"] = text(call.Name),
            ["arguments"] = argumentsAsText ? JinjaJson.Write(arguments, JinjaJsonOptions.Default, new JinjaBudget()) : arguments,
        };
        return fields;
    }

    private OrderedDictionary<string, object?> Tool(ChatTool tool)
    {
        var function = new OrderedDictionary<string, object?> { ["name"] = text(tool.Name) };
        if (tool.Description is { } description)
            function["description"] = text(description);
        function["parameters"] = tool.Parameters is { } parameters && parameters.ValueKind == JsonValueKind.Object
            ? Json(parameters, 0)
            : new OrderedDictionary<string, object?> { ["type"] = "object", ["properties"] = new OrderedDictionary<string, object?>() };
        return new OrderedDictionary<string, object?> { ["type"] = "function", ["function"] = function };
    }

    private string? Text(string? value) => value is null ? null : text(value);

    private object? Value(object? value, int depth)
    {
        if (depth > MaxDepth)
            throw new ChatTemplateException($"a variable is nested deeper than {MaxDepth}");
        return value switch
        {
            null or bool or long or double => value,
            string s => text(s),
            int n => (long)n,
            float f => (double)f,
            JsonElement json => Json(json, depth),
            IEnumerable<KeyValuePair<string, object?>> map => Map(map.Select(p => KeyValuePair.Create(p.Key, Value(p.Value, depth + 1)))),
            IEnumerable items => items.Cast<object?>().Select(i => Value(i, depth + 1)).ToList(),
            _ => throw new ArgumentException($"a template variable of type {value.GetType().Name} is not supported"),
        };
    }

    private object? Json(JsonElement json, int depth)
    {
        if (depth > MaxDepth)
            throw new ChatTemplateException($"JSON is nested deeper than {MaxDepth}");
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                return Map(json.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, Json(p.Value, depth + 1))));
            case JsonValueKind.Array:
                return json.EnumerateArray().Select(i => Json(i, depth + 1)).ToList();
            case JsonValueKind.String:
                return text(json.GetString()!);
            case JsonValueKind.Number:
                string digits = json.GetRawText();
                if (!digits.AsSpan().ContainsAny('.', 'e', 'E') && json.TryGetInt64(out long whole))
                    return whole;
                return double.Parse(digits, CultureInfo.InvariantCulture);
            case JsonValueKind.True or JsonValueKind.False:
                return json.ValueKind == JsonValueKind.True;
            default:
                return null;
        }
    }

    private OrderedDictionary<string, object?> Map(IEnumerable<KeyValuePair<string, object?>> pairs)
    {
        var map = new OrderedDictionary<string, object?>();
        foreach (var (key, value) in pairs)
            map[text(key)] = value;
        return map;
    }
}

using System.Text;
using System.Text.Json;
using Kvasir.Models;
using Kvasir.Serving.Errors;
using Kvasir.Serving.Json;

namespace Kvasir.Serving.Chat;

/// <summary>Reads the messages of a chat.</summary>
internal static class MessageReader
{
    private const int MaxMessages = 4096;
    private const int MaxParts = 1024;
    private const int MaxCalls = 128;

    /// <summary>The messages of a body.</summary>
    /// <param name="body">The body.</param>
    /// <param name="marks">Gets the parts that are marked as reusable.</param>
    public static IReadOnlyList<ChatMessage> Read(JsonFields body, MarkReader? marks = null)
    {
        var messages = body.Array("messages", MaxMessages) ?? throw body.Missing("messages");
        if (messages.Count == 0)
            throw body.Invalid("messages", "is empty; send at least one message");
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var result = new List<ChatMessage>(messages.Count);
        foreach (var (value, path) in messages)
            result.Add(Message(new JsonFields(value, path), names, marks, result.Count));
        return result;
    }

    /// <summary>A text: a string, or an array of parts of type text. Null where it is absent.</summary>
    /// <param name="fields">Where it stands.</param>
    /// <param name="name">Its field.</param>
    /// <param name="marks">Gets the parts that are marked as reusable; null where marks mean nothing.</param>
    /// <param name="message">The message's number.</param>
    public static string? Content(JsonFields fields, string name, MarkReader? marks = null, int message = 0)
    {
        if (!fields.TryGet(name, out var value))
            return null;
        if (value.ValueKind == JsonValueKind.String)
            return JsonFields.Read(value, fields.Path(name));
        if (value.ValueKind != JsonValueKind.Array)
            throw JsonFields.Wrong(fields.Path(name), "a string or an array of parts", value);
        var text = new StringBuilder();
        foreach (var (element, path) in fields.Array(name, MaxParts)!)
        {
            var part = new JsonFields(element, path);
            var type = part.RequireText("type");
            if (type is not ("text" or "input_text" or "output_text" or "refusal"))
                throw part.Invalid("type", $"is '{type}'; this server's models read text only");
            var start = text.Length;
            text.Append(part.RequireText(type == "refusal" ? type : "text"));
            marks?.Read(part, message, start, text.Length - start);
        }

        return text.ToString();
    }

    /// <summary>The arguments of an earlier call: the text of a JSON object.</summary>
    public static JsonElement Arguments(JsonFields fields, string name)
    {
        var text = fields.RequireText(name);
        try
        {
            using var document = JsonDocument.Parse(text.Length == 0 ? "{}" : text);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return document.RootElement.Clone();
        }
        catch (JsonException exception)
        {
            throw ApiException.Invalid(fields.Path(name), $"{fields.Path(name)} is not valid JSON: {exception.Message}", cause: exception);
        }

        throw fields.Invalid(name, "is not the text of a JSON object");
    }

    private static ChatMessage Message(JsonFields message, Dictionary<string, string> names, MarkReader? marks, int number)
    {
        message.RequireText("role");
        var role = message.OneOf("role", "system", "developer", "user", "assistant", "tool", "function")!;
        var calls = role == "assistant" ? Calls(message, names) : [];
        var content = Content(message, "content", marks, number);
        if (content is null && calls.Count == 0 && role != "assistant")
            throw message.Missing("content");
        var id = role == "tool" ? message.Text("tool_call_id") : null;
        return new ChatMessage(role, content ?? (calls.Count == 0 ? "" : null))
        {
            Name = message.Text("name") ?? (id is null ? null : names.GetValueOrDefault(id)),
            ToolCalls = calls,
            ToolCallId = id,
            ReasoningContent = message.Text("reasoning_content") ?? message.Text("reasoning"),
        };
    }

    private static List<ChatToolCall> Calls(JsonFields message, Dictionary<string, string> names)
    {
        var result = new List<ChatToolCall>();
        foreach (var (value, path) in message.Array("tool_calls", MaxCalls) ?? [])
        {
            var call = new JsonFields(value, path);
            var function = call.Object("function") ?? throw call.Missing("function");
            var id = call.Text("id");
            var name = function.RequireText("name");
            if (id is not null)
                names[id] = name;
            result.Add(new ChatToolCall(id, name, Arguments(function, "arguments")));
        }

        return result;
    }
}

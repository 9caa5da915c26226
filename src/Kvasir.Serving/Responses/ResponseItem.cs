using System.Text;
using System.Text.Json;
using Kvasir.Serving.Requests;

namespace Kvasir.Serving.Responses;

/// <summary>An item of a response's output in the making: a message, reasoning, or a call.</summary>
internal sealed class ResponseItem
{
    private readonly StringBuilder _text = new();

    private ResponseItem(ResponseItemKind kind, string prefix)
    {
        Kind = kind;
        Id = ResponseIds.Create(prefix);
    }

    public ResponseItemKind Kind { get; }

    public string Id { get; }

    /// <summary>The call's id and function.</summary>
    public (string Id, string Function) Call { get; private init; }

    /// <summary>The text, the reasoning, or the call's arguments, as far as they have come.</summary>
    public string Text => _text.ToString();

    /// <summary>Whether it has ended as it should.</summary>
    public bool IsComplete { get; private set; }

    public static ResponseItem Message() => new(ResponseItemKind.Message, "msg_");

    public static ResponseItem Reasoning() => new(ResponseItemKind.Reasoning, "rs_");

    public static ResponseItem FunctionCall(string id, string function) => new(ResponseItemKind.FunctionCall, "fc_") { Call = (id, function) };

    public void Append(string text) => _text.Append(text);

    public void Complete() => IsComplete = true;

    /// <summary>Writes the item.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="open">True while it is being made: then without its content.</param>
    public void Write(Utf8JsonWriter json, bool open)
    {
        json.WriteStartObject();
        json.WriteString("id", Id);
        json.WriteString("type", Kind switch
        {
            ResponseItemKind.Message => "message",
            ResponseItemKind.Reasoning => "reasoning",
            _ => "function_call",
        });
        json.WriteString("status", open ? "in_progress" : IsComplete ? "completed" : "incomplete");
        if (Kind == ResponseItemKind.FunctionCall)
            WriteCall(json, open);
        else
            WriteContent(json, open);
        json.WriteEndObject();
    }

    /// <summary>Writes the one part of the content.</summary>
    public void WritePart(Utf8JsonWriter json, bool open)
    {
        json.WriteStartObject();
        json.WriteString("type", Kind == ResponseItemKind.Message ? "output_text" : "reasoning_text");
        json.WriteString("text", open ? "" : Text);
        if (Kind == ResponseItemKind.Message)
        {
            json.WriteStartArray("annotations");
            json.WriteEndArray();
            json.WriteStartArray("logprobs");
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private void WriteCall(Utf8JsonWriter json, bool open)
    {
        json.WriteString("call_id", Call.Id);
        json.WriteString("name", Call.Function);
        json.WriteString("arguments", open ? "" : Text);
    }

    private void WriteContent(Utf8JsonWriter json, bool open)
    {
        if (Kind == ResponseItemKind.Message)
        {
            json.WriteString("role", "assistant");
        }
        else
        {
            json.WriteStartArray("summary");
            json.WriteEndArray();
        }

        json.WriteStartArray("content");
        if (!open)
            WritePart(json, open: false);
        json.WriteEndArray();
    }
}

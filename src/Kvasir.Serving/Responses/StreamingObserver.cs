using System.Text.Json;
using Kvasir.Serving.Streaming;

namespace Kvasir.Serving.Responses;

/// <summary>Streams a response: an event for each change, numbered.</summary>
internal sealed class StreamingObserver(EventStream events) : IResponseObserver
{
    private int _sequence;

    public async Task OpenedAsync(ResponseItem item, int index)
    {
        await SendAsync("response.output_item.added", json =>
        {
            json.WriteNumber("output_index", index);
            json.WritePropertyName("item");
            item.Write(json, open: true);
        }).ConfigureAwait(false);
        if (item.Kind == ResponseItemKind.Message)
            await SendPartAsync("response.content_part.added", item, index, open: true).ConfigureAwait(false);
    }

    public Task AppendedAsync(ResponseItem item, int index, string text) => SendAsync($"{Name(item)}.delta", json =>
    {
        WritePlace(json, item, index);
        json.WriteString("delta", text);
        WriteLogprobs(json, item);
    });

    public async Task ClosedAsync(ResponseItem item, int index)
    {
        await SendAsync($"{Name(item)}.done", json =>
        {
            WritePlace(json, item, index);
            json.WriteString(item.Kind == ResponseItemKind.FunctionCall ? "arguments" : "text", item.Text);
            WriteLogprobs(json, item);
        }).ConfigureAwait(false);
        if (item.Kind == ResponseItemKind.Message)
            await SendPartAsync("response.content_part.done", item, index, open: false).ConfigureAwait(false);
        await SendAsync("response.output_item.done", json =>
        {
            json.WriteNumber("output_index", index);
            json.WritePropertyName("item");
            item.Write(json, open: false);
        }).ConfigureAwait(false);
    }

    /// <summary>Sends an event.</summary>
    /// <param name="type">Its type, which is its name too.</param>
    /// <param name="write">Writes its further properties.</param>
    public Task SendAsync(string type, Action<Utf8JsonWriter> write) => events.SendAsync(
        json =>
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            json.WriteNumber("sequence_number", _sequence++);
            write(json);
            json.WriteEndObject();
        },
        type);

    private Task SendPartAsync(string type, ResponseItem item, int index, bool open) => SendAsync(type, json =>
    {
        WritePlace(json, item, index);
        json.WritePropertyName("part");
        item.WritePart(json, open);
    });

    private static string Name(ResponseItem item) => item.Kind switch
    {
        ResponseItemKind.Message => "response.output_text",
        ResponseItemKind.Reasoning => "response.reasoning_text",
        _ => "response.function_call_arguments",
    };

    private static void WritePlace(Utf8JsonWriter json, ResponseItem item, int index)
    {
        json.WriteString("item_id", item.Id);
        json.WriteNumber("output_index", index);
        if (item.Kind != ResponseItemKind.FunctionCall)
            json.WriteNumber("content_index", 0);
    }

    private static void WriteLogprobs(Utf8JsonWriter json, ResponseItem item)
    {
        if (item.Kind != ResponseItemKind.Message)
            return;
        json.WriteStartArray("logprobs");
        json.WriteEndArray();
    }
}

using System.Text.Json;
using Kvasir.Engine.Requests;
using Kvasir.Serving.Chat;
using Kvasir.Serving.Errors;
using Kvasir.Serving.Json;
using Kvasir.Serving.Requests;

namespace Kvasir.Serving.Responses;

/// <summary>Writes the object of a response.</summary>
internal sealed class ResponseWriter(ChatRun run, JsonFields body, string model, DateTimeOffset created)
{
    private readonly string _id = ResponseIds.Create("resp_");

    /// <summary>The response before its answer.</summary>
    public void WriteBegun(Utf8JsonWriter json) => Write(json, "in_progress", [], null, null, null);

    /// <summary>The response with its answer.</summary>
    public void WriteEnded(Utf8JsonWriter json, IReadOnlyList<ResponseItem> items, ChatAnswer answer, Usage usage) =>
        Write(json, Status(answer), items, answer, usage, null);

    /// <summary>The response that failed.</summary>
    public void WriteFailed(Utf8JsonWriter json, ApiException error) => Write(json, "failed", [], null, null, error);

    /// <summary>How a response ended.</summary>
    public static string Status(ChatAnswer answer) => answer.Answer.Finish == FinishReason.Length ? "incomplete" : "completed";

    private void Write(Utf8JsonWriter json, string status, IReadOnlyList<ResponseItem> items, ChatAnswer? answer, Usage? usage, ApiException? error)
    {
        json.WriteStartObject();
        json.WriteString("id", _id);
        json.WriteString("object", "response");
        json.WriteNumber("created_at", created.ToUnixTimeSeconds());
        json.WriteString("status", status);
        WriteError(json, error);
        if (status == "incomplete")
        {
            json.WriteStartObject("incomplete_details");
            json.WriteString("reason", "max_output_tokens");
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("incomplete_details");
        }

        json.WriteString("model", model);
        json.WriteStartArray("output");
        foreach (var item in items)
            item.Write(json, open: false);
        json.WriteEndArray();
        WriteRequest(json);
        if (usage is { } used)
            used.WriteForResponse(json);
        else
            json.WriteNull("usage");
        if (answer is not null)
            run.Report.Write(json, [answer.Answer]);
        json.WriteEndObject();
    }

    /// <summary>What was asked for, as the protocol repeats it.</summary>
    private void WriteRequest(Utf8JsonWriter json)
    {
        json.WriteString("instructions", body.Text("instructions"));
        Repeat(json, "max_output_tokens", "null");
        Repeat(json, "metadata", "{}");
        json.WriteBoolean("parallel_tool_calls", run.Chat.Conversation.ParallelToolCalls);
        json.WriteNull("previous_response_id");
        Repeat(json, "reasoning", """{"effort":null,"summary":null}""");
        json.WriteBoolean("store", false);
        json.WriteNumber("temperature", run.Chat.Sampling.Temperature);
        Repeat(json, "text", """{"format":{"type":"text"}}""");
        Repeat(json, "tool_choice", "\"auto\"");
        Repeat(json, "tools", "[]");
        json.WriteNumber("top_p", run.Chat.Sampling.TopP);
        json.WriteString("truncation", "disabled");
        Repeat(json, "user", "null");
    }

    private void Repeat(Utf8JsonWriter json, string name, string fallback)
    {
        json.WritePropertyName(name);
        if (body.TryGet(name, out var value))
            value.WriteTo(json);
        else
            json.WriteRawValue(fallback);
    }

    private static void WriteError(Utf8JsonWriter json, ApiException? error)
    {
        if (error is null)
        {
            json.WriteNull("error");
            return;
        }

        json.WriteStartObject("error");
        json.WriteString("code", error.Code);
        json.WriteString("message", error.Message);
        json.WriteEndObject();
    }
}

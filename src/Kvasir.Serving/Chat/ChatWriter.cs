using System.Text.Json;
using Kvasir.Engine.Conversations;
using Kvasir.Engine.Requests;
using Kvasir.Models;
using Kvasir.Serving.Requests;

namespace Kvasir.Serving.Chat;

/// <summary>Writes chats as the protocol has them: whole (<c>chat.completion</c>) or in chunks (<c>chat.completion.chunk</c>).</summary>
internal sealed class ChatWriter(ChatRun run, string model, DateTimeOffset created)
{
    private readonly string _id = ResponseIds.Create("chatcmpl-");

    /// <summary>Writes a whole answer.</summary>
    public void WriteWhole(Utf8JsonWriter json, IReadOnlyList<ChatAnswer> answers, Usage usage)
    {
        Begin(json, "chat.completion");
        json.WriteStartArray("choices");
        foreach (var answer in answers)
            WriteChoice(json, answer);
        json.WriteEndArray();
        usage.Write(json);
        run.Report.Write(json, [.. answers.Select(answer => answer.Answer)]);
        json.WriteEndObject();
    }

    /// <summary>Writes a choice's first chunk.</summary>
    public void WriteStart(Utf8JsonWriter json, int choice) => WriteChunk(json, choice, null, null, () =>
    {
        json.WriteString("role", "assistant");
        json.WriteString("content", "");
    });

    /// <summary>Writes a part of an answer.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="choice">Whose.</param>
    /// <param name="part">The part; null where a token has only log-probabilities to tell.</param>
    /// <param name="token">The token, when its log-probabilities are to be told.</param>
    public void WriteDelta(Utf8JsonWriter json, int choice, AnswerEvent? part, GeneratedToken? token) => WriteChunk(json, choice, null, token, () =>
    {
        if (part is not { } item)
            return;
        if (item.Kind is AnswerEventKind.Text or AnswerEventKind.ToolCallFailed)
            json.WriteString("content", item.Text);
        else if (item.Kind == AnswerEventKind.Reasoning)
            json.WriteString("reasoning_content", item.Text);
        else
            WriteCallDelta(json, item);
    });

    /// <summary>Writes a choice's last chunk.</summary>
    public void WriteFinish(Utf8JsonWriter json, int choice, string reason) => WriteChunk(json, choice, reason, null, () => { });

    /// <summary>Writes the stream's last chunk, which belongs to no choice.</summary>
    public void WriteLast(Utf8JsonWriter json, IReadOnlyList<ChatAnswer> answers, Usage? usage)
    {
        Begin(json, "chat.completion.chunk");
        json.WriteStartArray("choices");
        json.WriteEndArray();
        usage?.Write(json);
        run.Report.Write(json, [.. answers.Select(answer => answer.Answer)]);
        json.WriteEndObject();
    }

    private void Begin(Utf8JsonWriter json, string kind)
    {
        json.WriteStartObject();
        json.WriteString("id", _id);
        json.WriteString("object", kind);
        json.WriteNumber("created", created.ToUnixTimeSeconds());
        json.WriteString("model", model);
        json.WriteString("system_fingerprint", run.Service.SystemFingerprint);
    }

    private void WriteChunk(Utf8JsonWriter json, int choice, string? reason, GeneratedToken? token, Action delta)
    {
        Begin(json, "chat.completion.chunk");
        json.WriteStartArray("choices");
        json.WriteStartObject();
        json.WriteNumber("index", choice);
        json.WriteStartObject("delta");
        delta();
        json.WriteEndObject();
        if (token is { Logprob: { } logprob })
            LogprobWriter.Write(json, run.Service.Tokenizer, [(token.Value.Token, logprob, token.Value.Top ?? [])]);
        else
            json.WriteNull("logprobs");
        json.WriteString("finish_reason", reason);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteCallDelta(Utf8JsonWriter json, AnswerEvent item)
    {
        json.WriteStartArray("tool_calls");
        json.WriteStartObject();
        json.WriteNumber("index", item.ToolIndex);
        if (item.Kind == AnswerEventKind.ToolCallStart)
        {
            json.WriteString("id", item.ToolId);
            json.WriteString("type", "function");
        }

        json.WriteStartObject("function");
        if (item.Kind == AnswerEventKind.ToolCallStart)
            json.WriteString("name", item.ToolName);
        json.WriteString("arguments", item.Text);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private void WriteChoice(Utf8JsonWriter json, ChatAnswer answer)
    {
        json.WriteStartObject();
        json.WriteNumber("index", answer.Answer.Choice);
        json.WriteStartObject("message");
        json.WriteString("role", "assistant");
        json.WriteString("content", answer.Parsed.Text.Length == 0 && answer.Parsed.ToolCalls.Count > 0 ? null : answer.Parsed.Text);
        if (answer.Parsed.Reasoning is { } reasoning)
            json.WriteString("reasoning_content", reasoning);
        json.WriteNull("refusal");
        if (answer.Parsed.ToolCalls.Count > 0)
        {
            json.WriteStartArray("tool_calls");
            foreach (var call in answer.Parsed.ToolCalls)
                WriteCall(json, call);
            json.WriteEndArray();
        }

        json.WriteEndObject();
        if (answer.Answer.Logprobs is not null)
            LogprobWriter.Write(json, run.Service.Tokenizer, LogprobWriter.Of(answer.Answer));
        else
            json.WriteNull("logprobs");
        json.WriteString("finish_reason", answer.FinishReason);
        json.WriteEndObject();
    }

    private static void WriteCall(Utf8JsonWriter json, ChatToolCall call)
    {
        json.WriteStartObject();
        json.WriteString("id", call.Id);
        json.WriteString("type", "function");
        json.WriteStartObject("function");
        json.WriteString("name", call.Name);
        json.WriteString("arguments", call.Arguments.GetRawText());
        json.WriteEndObject();
        json.WriteEndObject();
    }
}

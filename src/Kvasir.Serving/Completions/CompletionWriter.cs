using System.Text.Json;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sampling;
using Kvasir.Models;
using Kvasir.Serving.Hosting;
using Kvasir.Serving.Requests;

namespace Kvasir.Serving.Completions;

/// <summary>Writes completions as the protocol has them (<c>text_completion</c>), whole or in chunks.</summary>
internal sealed class CompletionWriter(ModelLease lease, CompletionCall call, string model, DateTimeOffset created)
{
    private readonly string _id = ResponseIds.Create("cmpl-");
    private readonly string[] _echoes = [.. call.Prompts.Select(prompt => call.Echo ? lease.Service.Tokenizer.Decode(prompt, skipSpecial: true) : "")];

    /// <summary>Whether answers begin with their prompt.</summary>
    public bool Echoes => call.Echo;

    /// <summary>Whether there is an object <c>kvasir</c> at the end.</summary>
    public bool WantsReport => call.Kvasir.IsWanted;

    /// <summary>Characters of the prompt's text before the answer's.</summary>
    public int EchoLength(int prompt) => _echoes[prompt].Length;

    public void WriteWhole(Utf8JsonWriter json, IReadOnlyList<IReadOnlyList<Answer>> answers, Usage usage)
    {
        Begin(json);
        json.WriteStartArray("choices");
        for (var prompt = 0; prompt < answers.Count; prompt++)
        {
            foreach (var answer in answers[prompt])
            {
                WriteChoice(json, prompt, answer.Choice, _echoes[prompt] + answer.Text, Reason(answer.Finish), () =>
                {
                    if (answer.Logprobs is not null)
                        WriteLogprobs(json, LogprobWriter.Of(answer), EchoLength(prompt));
                    else
                        json.WriteNull("logprobs");
                });
            }
        }

        json.WriteEndArray();
        usage.Write(json);
        WriteReport(json, answers);
        json.WriteEndObject();
    }

    public void WriteEcho(Utf8JsonWriter json, int prompt, int choice) =>
        WriteChunk(json, prompt, choice, _echoes[prompt], null, () => json.WriteNull("logprobs"));

    public void WriteDelta(Utf8JsonWriter json, int prompt, int choice, in GeneratedToken token, int offset)
    {
        var (id, logprob, top) = (token.Token, token.Logprob, token.Top);
        WriteChunk(json, prompt, choice, token.Text, null, () =>
        {
            if (logprob is { } value)
                WriteLogprobs(json, [(id, value, top ?? [])], offset);
            else
                json.WriteNull("logprobs");
        });
    }

    public void WriteFinish(Utf8JsonWriter json, int prompt, int choice, FinishReason reason) =>
        WriteChunk(json, prompt, choice, "", Reason(reason), () => json.WriteNull("logprobs"));

    public void WriteLast(Utf8JsonWriter json, IReadOnlyList<IReadOnlyList<Answer>> answers, Usage? usage)
    {
        Begin(json);
        json.WriteStartArray("choices");
        json.WriteEndArray();
        usage?.Write(json);
        WriteReport(json, answers);
        json.WriteEndObject();
    }

    private static string Reason(FinishReason reason) => reason == FinishReason.Length ? "length" : "stop";

    private void WriteReport(Utf8JsonWriter json, IReadOnlyList<IReadOnlyList<Answer>> answers) =>
        new ReuseReport(lease, call.Kvasir, call.Prompts[0]).Write(json, [.. answers.SelectMany(choices => choices)]);

    private void WriteChunk(Utf8JsonWriter json, int prompt, int choice, string text, string? reason, Action logprobs)
    {
        Begin(json);
        json.WriteStartArray("choices");
        WriteChoice(json, prompt, choice, text, reason, logprobs);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void Begin(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("id", _id);
        json.WriteString("object", "text_completion");
        json.WriteNumber("created", created.ToUnixTimeSeconds());
        json.WriteString("model", model);
        json.WriteString("system_fingerprint", lease.Service.SystemFingerprint);
    }

    private void WriteChoice(Utf8JsonWriter json, int prompt, int choice, string text, string? reason, Action logprobs)
    {
        json.WriteStartObject();
        json.WriteNumber("index", prompt * call.Choices + choice);
        json.WriteString("text", text);
        logprobs();
        json.WriteString("finish_reason", reason);
        json.WriteEndObject();
    }

    private void WriteLogprobs(Utf8JsonWriter json, IEnumerable<(int Token, float Logprob, IReadOnlyList<TokenLogprob> Top)> tokens, int offset)
    {
        var tokenizer = lease.Service.Tokenizer;
        var all = tokens.ToArray();
        json.WriteStartObject("logprobs");
        json.WriteStartArray("tokens");
        foreach (var token in all)
            json.WriteStringValue(LogprobWriter.Text(tokenizer, token.Token));
        json.WriteEndArray();
        json.WriteStartArray("token_logprobs");
        foreach (var token in all)
            json.WriteNumberValue(LogprobWriter.Finite(token.Logprob));
        json.WriteEndArray();
        json.WriteStartArray("top_logprobs");
        foreach (var token in all)
            WriteTop(json, tokenizer, token.Top);
        json.WriteEndArray();
        json.WriteStartArray("text_offset");
        foreach (var token in all)
        {
            json.WriteNumberValue(offset);
            offset += LogprobWriter.Text(tokenizer, token.Token).Length;
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>An object by text: of tokens with the same text, the more probable one counts.</summary>
    private static void WriteTop(Utf8JsonWriter json, Tokenizer tokenizer, IReadOnlyList<TokenLogprob> top)
    {
        json.WriteStartObject();
        var written = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (token, logprob) in top)
        {
            var text = LogprobWriter.Text(tokenizer, token);
            if (written.Add(text))
                json.WriteNumber(text, LogprobWriter.Finite(logprob));
        }

        json.WriteEndObject();
    }
}

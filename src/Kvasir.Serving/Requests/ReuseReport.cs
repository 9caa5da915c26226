using System.Text.Json;
using Kvasir.Engine.Blending;
using Kvasir.Engine.Compression;
using Kvasir.Engine.Plans;
using Kvasir.Engine.Reading;
using Kvasir.Engine.Requests;
using Kvasir.Models;
using Kvasir.Serving.Hosting;

namespace Kvasir.Serving.Requests;

/// <summary>Writes the object <c>kvasir</c> of an answer: what was reused, what it cost, and the receipts.</summary>
internal sealed class ReuseReport(ModelLease lease, KvasirFields wanted, ReadOnlyMemory<int> prompt)
{
    /// <summary>Whether there is anything to write.</summary>
    public bool IsWanted => wanted.IsWanted;

    /// <summary>Writes the property <c>kvasir</c>; the first answer stands for the prompt.</summary>
    public void Write(Utf8JsonWriter json, IReadOnlyList<Answer> answers)
    {
        if (!IsWanted)
            return;
        var statistics = answers[0].Statistics;
        json.WriteStartObject("kvasir");
        json.WriteString("model", lease.Service.Name);
        json.WriteString("adapter", lease.Adapter);
        json.WriteNumber("prompt_tokens", statistics.PromptTokens);
        json.WriteNumber("reused_tokens", statistics.ReusedTokens);
        json.WriteNumber("computed_tokens", statistics.PromptTokens - statistics.ReusedTokens);
        if (statistics.Blend is { } blend)
            WriteBlend(json, blend);
        if (statistics.Compression is { } compression)
            WriteCompression(json, compression);
        if (statistics.Reading is { } reading)
            WriteReading(json, reading);
        WriteTime(json, "queue_ms", statistics.QueueTime);
        WriteTime(json, "ttft_ms", statistics.TimeToFirstToken);
        WriteTime(json, "ttft_without_reuse_ms", lease.Service.Activity.WithoutReuse(statistics));
        WriteTime(json, "total_ms", statistics.TotalTime);
        var decode = statistics.TotalTime - statistics.TimeToFirstToken;
        if (statistics.AnswerTokens > 1 && decode > TimeSpan.Zero)
            json.WriteNumber("tokens_per_second", Math.Round((statistics.AnswerTokens - 1) / decode.TotalSeconds, 1));
        else
            json.WriteNull("tokens_per_second");
        json.WriteNumber("preemptions", statistics.Preemptions);
        json.WriteStartArray("spans");
        foreach (var span in statistics.Spans)
            WriteSpan(json, span, statistics.Blend);
        json.WriteEndArray();
        if (wanted.Receipt)
            WriteReceipts(json, answers);
        json.WriteEndObject();
    }

    private static void WriteTime(Utf8JsonWriter json, string name, TimeSpan? time)
    {
        if (time is { } known)
            json.WriteNumber(name, Math.Round(known.TotalMilliseconds, 3));
        else
            json.WriteNull(name);
    }

    private static void WriteReceipts(Utf8JsonWriter json, IReadOnlyList<Answer> answers)
    {
        json.WriteStartArray("receipts");
        foreach (var answer in answers)
            answer.Receipt!.WriteTo(json);
        json.WriteEndArray();
    }

    private static void WriteCompression(Utf8JsonWriter json, CompressionStatistics compression)
    {
        json.WriteStartObject("kv");
        json.WriteString("policy", compression.Policy);
        json.WriteNumber("rows", compression.Rows);
        json.WriteNumber("kept_rows", Math.Round(compression.KeptRows, 1));
        json.WriteNumber("bytes", compression.Bytes);
        json.WriteNumber("full_bytes", compression.FullBytes);
        if (compression.MassKept is { } mass)
            json.WriteNumber("mass_kept", Math.Round(mass, 4));
        else
            json.WriteNull("mass_kept");
        json.WriteEndObject();
    }

    private static void WriteReading(Utf8JsonWriter json, ReadingStatistics reading)
    {
        json.WriteStartObject("kv");
        json.WriteString("policy", reading.Policy);
        json.WriteNumber("budget", reading.Budget);
        json.WriteNumber("read_share", Math.Round(reading.ReadShare, 4));
        json.WriteNumber("book_bytes", reading.BookBytes);
        json.WriteEndObject();
    }

    private static void WriteBlend(Utf8JsonWriter json, BlendStatistics blend)
    {
        json.WriteString("policy", blend.Policy);
        json.WriteNumber("repaired_tokens", blend.RepairedTokens);
        if (blend.EstimatedDeviation is { } deviation && double.IsFinite(deviation))
            json.WriteNumber("estimated_deviation", Math.Round(deviation, 6));
        else
            json.WriteNull("estimated_deviation");
    }

    private void WriteSpan(Utf8JsonWriter json, PlanSpan span, BlendStatistics? blend)
    {
        json.WriteStartObject();
        json.WriteNumber("start", span.Start);
        json.WriteNumber("length", span.Length);
        json.WriteString("origin", JsonNamingPolicy.CamelCase.ConvertName(span.Origin.ToString()));
        if (span.Origin == SpanOrigin.Blended && blend is not null)
            json.WriteNumber("repaired", blend.Reused.Where(chunk => chunk.Start >= span.Start && chunk.Start < span.End).Sum(chunk => chunk.Repaired));
        if (wanted.PromptText && lease.Service.Engine.Tokenizer is { } tokenizer)
            json.WriteString("text", Text(tokenizer, span));
        json.WriteEndObject();
    }

    private string Text(Tokenizer tokenizer, PlanSpan span) =>
        span.Start >= prompt.Length ? "" : tokenizer.Decode(prompt.Span[span.Start..Math.Min(span.End, prompt.Length)]);
}

using System.Text.Json.Nodes;

namespace Kvasir.Page.Tests.Fakes;

/// <summary>Reports of reuse.</summary>
internal static class FakeReports
{
    /// <summary>A report of these spans, in their order; <paramref name="withoutReuseMs"/> null means not known yet.</summary>
    public static JsonObject Of(double? withoutReuseMs, params ReadOnlySpan<(int Length, string Origin, string Text)> spans)
    {
        var list = new JsonArray();
        int start = 0, computed = 0;
        foreach (var (length, origin, text) in spans)
        {
            list.Add((JsonNode)new JsonObject { ["start"] = start, ["length"] = length, ["origin"] = origin, ["text"] = text });
            start += length;
            computed += origin == "computed" ? length : 0;
        }

        return new JsonObject
        {
            ["model"] = "kvasir-tiny",
            ["adapter"] = null,
            ["prompt_tokens"] = start,
            ["reused_tokens"] = start - computed,
            ["computed_tokens"] = computed,
            ["queue_ms"] = 0.125,
            ["ttft_ms"] = 12.345,
            ["ttft_without_reuse_ms"] = withoutReuseMs,
            ["total_ms"] = 1234.5,
            ["tokens_per_second"] = 87.4,
            ["preemptions"] = 0,
            ["spans"] = list,
        };
    }

    public static JsonObject Of(params ReadOnlySpan<(int Length, string Origin, string Text)> spans) => Of(481.5, spans);
}

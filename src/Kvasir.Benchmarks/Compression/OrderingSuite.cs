using Kvasir.Benchmarks.Measures;
using Kvasir.Benchmarks.Sessions;
using Kvasir.Engine;
using Kvasir.KvCache.Reading;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Compression;

/// <summary>
/// Orders that the survey gives as known (section "known orderings" of its checks): who finds one of many keys with 6 % of the rows, and along
/// which axes two and three bits lose least.
/// </summary>
internal static class OrderingSuite
{
    private const double Share = 0.06;

    private static readonly string[] Keeping = ["snapkv", "h2o", "streamingllm"];

    public static async Task RunAsync(CompressionOptions options, CompressionLog log, CancellationToken cancellation)
    {
        using var session = await SessionEngine.OpenAsync(options.Model, new EngineOptions { Threads = options.Threads, KvType = KvDataType.F16 }).ConfigureAwait(false);
        var prompts = CompressionPrompt.Make(session, ["kv"], options.UsedPrompts, options.UsedLength, options.Seed + 5);
        var run = new QualityRun(session, prompts, log.Progress);
        int Rows(int rows) => (int)(rows * Share);
        QualityRun.Method[] recall = [QualityRun.Method.Reading(ReadingPolicies.Create("quest"), Rows), .. Keeping.Select(name => QualityRun.Method.Keeping(session.Policy(name), Rows))];
        var found = await run.RunAsync(recall, seesQuestion: true, cancellation).ConfigureAwait(false);
        log.Add("orderings", found);
        foreach (var outcome in found)
            log.Add($"orderings.recall.{outcome.Policy}", Interval.Of([.. outcome.Agreement.Select(share => 100 * share)]), "%", null, FormattableString.Invariant($"tokens of the answer to one of many keys that stay the most probable ones, {prompts.Count} prompts, {100 * Share:0} % of the rows, question seen"));
        for (var i = 1; i < found.Count; i++)
            Compare(log, found[i - 1], found[i]);

        double[] frequencies = [.. session.Engine.Config.Rope.InverseFrequencies().Select(frequency => (double)frequency)];
        AxisQuantisation[] axes =
        [
            new("2bit-published", 2, keysByChannel: true, valuesByChannel: false),
            new("2bit-swapped", 2, keysByChannel: false, valuesByChannel: true),
            new("2bit-rows", 2, keysByChannel: false, valuesByChannel: false),
            new("3bit-plain-keys", 3, keysByChannel: true, valuesByChannel: false, frequencies),
            new("3bit-turned-keys", 3, keysByChannel: true, valuesByChannel: false),
        ];
        var rounded = await run.RunAsync([.. axes.Select(policy => QualityRun.Method.Keeping(policy, rows => rows))], seesQuestion: false, cancellation).ConfigureAwait(false);
        log.Add("orderings", rounded);
        Compare(log, rounded[0], rounded[1]);
        Compare(log, rounded[0], rounded[2]);
        Compare(log, rounded[3], rounded[4]);
    }

    private static void Compare(CompressionLog log, QualityRun.Outcome one, QualityRun.Outcome other)
    {
        var test = PairedTest.Of(one.Kl, other.Kl);
        log.Add($"orderings.klOf.{one.Policy}.vs.{other.Policy}", test.Difference, "nats a token", 0, FormattableString.Invariant($"{one.Kl.Average():0.000} and {other.Kl.Average():0.000}, agreement {100 * one.Agreement.Average():0.0} and {100 * other.Agreement.Average():0.0} %, p = {test.P:0.####}; below 0 as published"));
    }
}

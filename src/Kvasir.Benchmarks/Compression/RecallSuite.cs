using Kvasir.Benchmarks.Measures;
using Kvasir.Benchmarks.Sessions;
using Kvasir.Engine;
using Kvasir.KvCache.Compression;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Compression;

/// <summary>
/// What very few rows still recall: one of many keys, and a pass key in a text that says nothing (checks of CAKE and CompressKV). The question is
/// seen; an answer is recalled when each of its tokens is the most probable one, as it is with the whole cache.
/// </summary>
internal static class RecallSuite
{
    private static readonly double[] Shares = [0.01, 0.03, 0.05];
    private static readonly string[] Policies = ["snapkv", "cake", "compresskv", "compresskv-uniform", "compresskv-all"];

    // The second is below the first as published.
    private static readonly (string Better, string Worse, double? Wanted)[] Pairs =
        [("cake", "snapkv", 5), ("compresskv", "snapkv", null), ("compresskv-uniform", "compresskv-all", null), ("compresskv", "compresskv-uniform", null)];

    public static async Task RunAsync(CompressionOptions options, CompressionLog log, CancellationToken cancellation)
    {
        using var session = await SessionEngine.OpenAsync(options.Model, new EngineOptions { Threads = options.Threads, KvType = KvDataType.F16 }).ConfigureAwait(false);
        var each = (options.UsedPrompts + 1) / 2;
        var prompts = CompressionPrompt.Make(session, ["kv"], each, options.UsedLength, options.Seed + 9)
            .Concat(CompressionPrompt.MakePassKeys(session, each, options.UsedLength, options.Seed + 9)).ToArray();
        var run = new QualityRun(session, prompts, log.Progress);
        var policies = Policies.Where(name => session.Profiles.Has(CompressionPolicies.ProfileOf(name))).ToArray();
        var methods = Shares.SelectMany(share => policies.Select(name => QualityRun.Method.Keeping(session.Policy(name), rows => (int)(rows * share)))).ToArray();
        var outcomes = await run.RunAsync(methods, seesQuestion: true, cancellation).ConfigureAwait(false);
        log.Add("recall", outcomes);
        var known = Enumerable.Range(0, prompts.Length).Where(i => run.ExactAnswers[i]).ToArray();
        log.Add("recall.whole", 100.0 * known.Length / prompts.Length, "%", 95, FormattableString.Invariant($"answers that the whole cache knows, of {prompts.Length} prompts of {options.UsedLength} tokens, half with one of many keys, half with a pass key; only these are asked of the policies"));
        for (var s = 0; s < Shares.Length; s++)
        {
            var at = outcomes.Skip(s * policies.Length).Take(policies.Length).ToDictionary(outcome => outcome.Policy);
            var suffix = FormattableString.Invariant($"@{100 * Shares[s]:0}%");
            foreach (var name in policies)
                log.Add($"recall.{name}{suffix}", Interval.Of(Recalled(at[name])), "%", null, FormattableString.Invariant($"answers recalled; {at[name].Budget} rows a head and layer; KL {known.Average(i => at[name].Kl[i]):0.000}"));
            foreach (var (better, worse, wanted) in Pairs.Where(pair => at.ContainsKey(pair.Better) && at.ContainsKey(pair.Worse)))
            {
                var points = PairedTest.Of(Recalled(at[better]), Recalled(at[worse]));
                var nats = PairedTest.Of([.. known.Select(i => at[better].Kl[i])], [.. known.Select(i => at[worse].Kl[i])]);
                log.Add($"recall.{better}.over.{worse}{suffix}", points.Difference, "points", wanted, FormattableString.Invariant($"p = {points.P:0.####}, {known.Length} prompts; KL {nats.Difference.Mean:0.000} [{nats.Difference.Low:0.000}, {nats.Difference.High:0.000}], p = {nats.P:0.####}"));
            }
        }

        double[] Recalled(QualityRun.Outcome outcome) => [.. known.Select(i => outcome.Agreement[i] == 1 ? 100.0 : 0)];
    }
}

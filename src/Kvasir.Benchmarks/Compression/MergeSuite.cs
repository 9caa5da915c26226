using Kvasir.Benchmarks.Sessions;
using Kvasir.Engine;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Compression;

/// <summary>Merging against dropping at the same rows: KVMerger, CaM, Elastic Cache, and the ablations of each.</summary>
internal static class MergeSuite
{
    private static readonly double[] Shares = [0.5, 0.35, 0.2];

    private static readonly string[] Policies =
        ["kvmerger", "kvmerger-mass", "kvmerger-mean", "kvmerger-first", "cam", "h2o", "elastic", "elastic-evict", "streamingllm"];

    public static async Task RunAsync(CompressionOptions options, CompressionLog log, CancellationToken cancellation)
    {
        using var session = await SessionEngine.OpenAsync(options.Model, new EngineOptions { Threads = options.Threads, KvType = KvDataType.F16 }).ConfigureAwait(false);
        var prompts = CompressionPrompt.Make(session, ["qa-en", "kv"], options.Quick ? options.UsedPrompts : options.UsedPrompts * 2, options.Quick ? 600 : 1200, options.Seed + 2);
        var run = new QualityRun(session, prompts, log.Progress);
        var methods = Shares.SelectMany(share => Policies.Select(name => (session.Policy(name), (Func<int, int>)(rows => (int)Math.Ceiling(rows * share))))).ToArray();
        var outcomes = await run.RunAsync(methods, seesQuestion: true, cancellation).ConfigureAwait(false);
        log.Add("merge", outcomes);
        for (var i = 0; i < Shares.Length; i++)
        {
            var at = outcomes.Skip(i * Policies.Length).Take(Policies.Length).ToDictionary(outcome => outcome.Policy);
            var suffix = FormattableString.Invariant($"@{Shares[i]:0.##}");
            Compare("kvmerger.klVsH2o", at["kvmerger"], at["h2o"]);
            Compare("kvmerger.klVsCam", at["kvmerger"], at["cam"]);
            Compare("kvmerger.klMassTerm", at["kvmerger-mass"], at["kvmerger"]);
            Compare("kvmerger.klGaussianVsMean", at["kvmerger"], at["kvmerger-mean"]);
            Compare("kvmerger.klPivot", at["kvmerger"], at["kvmerger-first"]);
            Compare("elastic.klVsEvict", at["elastic"], at["elastic-evict"]);
            Compare("elastic.klVsH2o", at["elastic"], at["h2o"]);
            Compare("elastic.klVsLocal", at["elastic"], at["streamingllm"]);

            void Compare(string name, QualityRun.Outcome one, QualityRun.Outcome other)
            {
                var test = PairedTest.Of(one.Kl, other.Kl);
                log.Add(name + suffix, test.Difference, "nats a token", 0, FormattableString.Invariant($"KL of {one.Policy} minus {other.Policy}, p = {test.P:0.####}; below 0 is better"));
            }
        }
    }
}

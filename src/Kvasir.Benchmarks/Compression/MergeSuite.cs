using Kvasir.Benchmarks.Measures;
using Kvasir.Benchmarks.Sessions;
using Kvasir.Engine;
using Kvasir.Engine.Compression;
using Kvasir.Engine.Requests;
using Kvasir.KvCache.Compression;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Compression;

/// <summary>Merging against dropping at the same rows: KVMerger, CaM, Elastic Cache, and the ablations of each.</summary>
internal static class MergeSuite
{
    private static readonly double[] Shares = [0.5, 0.35, 0.2];

    private static readonly string[] Policies =
        ["kvmerger", "kvmerger-sums", "kvmerger-mass", "kvmerger-mean", "kvmerger-first", "cam", "h2o", "elastic", "elastic-evict", "streamingllm"];

    public static async Task RunAsync(CompressionOptions options, CompressionLog log, CancellationToken cancellation)
    {
        using var session = await SessionEngine.OpenAsync(options.Model, new EngineOptions { Threads = options.Threads, KvType = KvDataType.F16 }).ConfigureAwait(false);
        var prompts = CompressionPrompt.Make(session, ["qa-en", "kv"], options.Quick ? options.UsedPrompts : options.UsedPrompts * 2, options.Quick ? 600 : 1200, options.Seed + 2);
        await Premise(log, session, prompts, cancellation).ConfigureAwait(false);
        await OverLayers(log, session, prompts, cancellation).ConfigureAwait(false);
        await LongAnswers(options, log, session, cancellation).ConfigureAwait(false);
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
            Compare("kvmerger.klWindowVsSums", at["kvmerger"], at["kvmerger-sums"]);
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

    /// <summary>What MiniCache would cost: neighbouring layers' rows with one direction, against nothing merged, and against KVMerger at the same bytes.</summary>
    private static async Task OverLayers(CompressionLog log, SessionEngine session, IReadOnlyList<CompressionPrompt> prompts, CancellationToken cancellation)
    {
        // Of two layers' rows one direction and two lengths are left, and both rows of what is far apart; that in the deeper half.
        const double Retained = 0.05;
        var pair = (0.5 * (1 - Retained)) + Retained + (1.0 / session.Layout.HeadDim);
        var bytes = 0.5 + (0.5 * pair);
        var merge = new CrossLayerMerge(retained: Retained);
        (ICompressionPolicy, Func<int, int>)[] methods = [(merge, rows => rows), (new CrossLayerMerge(retained: 1), rows => rows), (session.Policy("kvmerger"), rows => (int)(rows * bytes))];
        var outcomes = await new QualityRun(session, [.. prompts.Take(30)], log.Progress).RunAsync(methods, seesQuestion: true, cancellation).ConfigureAwait(false);
        foreach (var layer in merge.Seen.GroupBy(seen => seen.Layer).OrderBy(layer => layer.Key))
            log.Add($"minicache.keyCosine.layer{layer.Key}", Interval.Of([.. layer.Select(seen => seen.Keys)]), "", 0.9, FormattableString.Invariant($"median over rows and heads of layers {layer.Key - 1} and {layer.Key}; values {layer.Average(seen => seen.Values):0.00}"));
        log.Add("minicache.kl", outcomes[0].Kl.Average(), "nats a token", outcomes[1].Kl.Average(), FormattableString.Invariant($"deeper half of the layers in pairs, 5 % of rows kept apart, {bytes:0.00} of all bytes if the pool could; baseline: all rows kept apart; KVMerger at these bytes {outcomes[2].Kl.Average():0.000}; tokens unchanged {100 * outcomes[0].Agreement.Average():0} and {100 * outcomes[2].Agreement.Average():0} %"));
    }

    /// <summary>Elastic Cache's ways to drop while a long answer comes back to the prompt, and anchors by head or for the whole model against anchors by layer.</summary>
    private static async Task LongAnswers(CompressionOptions options, CompressionLog log, SessionEngine session, CancellationToken cancellation)
    {
        var prompts = CompressionPrompt.MakeReturning(session, Math.Min(30, options.UsedPrompts), 600, 10, options.Seed + 6);
        ElasticCachePolicy[] policies =
        [
            new("elastic", new ElasticOptions()),
            new("elastic-oldest", new ElasticOptions { Eliminates = ElasticOptions.Elimination.Oldest }),
            new("elastic-least-seen", new ElasticOptions { Eliminates = ElasticOptions.Elimination.LeastSeen }),
            new("elastic-heads", new ElasticOptions { Anchors = ElasticOptions.Sharing.Head }),
            new("elastic-shared", new ElasticOptions { Anchors = ElasticOptions.Sharing.Model }),
        ];
        var outcomes = await new QualityRun(session, prompts, log.Progress).RunAsync([.. policies.Select(policy => ((ICompressionPolicy)policy, (Func<int, int>)(rows => rows / 2)))], seesQuestion: true, cancellation).ConfigureAwait(false);
        log.Add("merge-long", outcomes);
        foreach (var other in outcomes.Skip(1))
        {
            var test = PairedTest.Of(outcomes[0].Kl, other.Kl);
            log.Add($"elastic.klVs.{other.Policy}", Interval.Of([.. outcomes[0].Kl.Zip(other.Kl, (one, another) => one - another)]), "nats a token", 0, FormattableString.Invariant($"half of all rows, {prompts.Count} answers of about {prompts.Average(prompt => prompt.Answer.Length):0} tokens: elastic {outcomes[0].Kl.Average():0.000}, {other.Policy} {other.Kl.Average():0.000}, p = {test.P:0.####}; below 0 as published"));
        }
    }

    /// <summary>What KVMerger stands on: neighbouring keys are nearly parallel, values are not, and a layer merges as much of every text.</summary>
    private static async Task Premise(CompressionLog log, SessionEngine session, IReadOnlyList<CompressionPrompt> prompts, CancellationToken cancellation)
    {
        var probe = new KeySimilarity(session.Engine.Config.Rope);
        var read = prompts.Take(50).ToArray();
        foreach (var prompt in read)
        {
            using var generation = session.Engine.Submit(new GenerationRequest
            {
                Prompt = prompt.Tokens,
                MaxTokens = 1,
                UsePrefixCache = false,
                Compression = new KvCompression { Policy = probe, Share = 1 },
            });
            await generation.Choices[0].CompleteAsync(cancellation).ConfigureAwait(false);
        }

        var layers = probe.All.GroupBy(seen => seen.Layer).OrderBy(layer => layer.Key).ToArray();
        foreach (var layer in layers)
            log.Add($"kvmerger.keyCosine.layer{layer.Key}", Interval.Of([.. layer.Select(seen => seen.Keys)]), "", 0.7, FormattableString.Invariant($"median over neighbouring rows; before rotation {layer.Average(seen => seen.PlainKeys):0.00}, values {layer.Average(seen => seen.Values):0.00}; sets at 0.75 leave {100 * layer.Average(seen => seen.Left):0} % of the rows; at half the rows neighbours in sets have {layer.Average(seen => seen.InSets):0.00}, a set's ends {layer.Average(seen => seen.ToFirst):0.00}"));
        log.Add("kvmerger.keyCosine", layers.Average(layer => layer.Average(seen => seen.Keys)), "", 0.7, $"mean of the layers, {read.Length} texts");
        log.Add("kvmerger.keysOverValues", layers.Average(layer => layer.Average(seen => seen.Keys - seen.Values)), "", null, "cosine of keys minus that of values");
        log.Add("kvmerger.ratioVariation", layers.Max(layer => Variation([.. layer.Select(seen => seen.Left)])), "", 0.15, "coefficient of variation of a layer's merged share over texts, largest of the layers");

        static double Variation(double[] values) => Math.Sqrt(values.Average(value => (value - values.Average()) * (value - values.Average()))) / values.Average();
    }
}

using Kvasir.Benchmarks.Measures;
using Kvasir.Benchmarks.Sessions;
using Kvasir.Engine;
using Kvasir.KvCache.Compression;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Compression;

/// <summary>Ways of sharing a small budget over layers and heads, on prompts whose question is seen (CAKE, CompressKV, PyramidKV, Ada-KV).</summary>
internal static class LayerSuite
{
    private static readonly int[] Budgets = [32, 64, 128];

    private static readonly string[] Policies =
        ["snapkv", "pyramidkv", "adakv", "cake", "cake-mean", "cake-uniform", "cake-pyramid", "compresskv", "compresskv-uniform", "compresskv-all", "tova", "h2o", "streamingllm", "keynorm"];

    public static async Task RunAsync(CompressionOptions options, CompressionLog log, CancellationToken cancellation)
    {
        using var session = await SessionEngine.OpenAsync(options.Model, new EngineOptions { Threads = options.Threads, KvType = KvDataType.F16 }).ConfigureAwait(false);
        var prompts = CompressionPrompt.Make(session, ["kv", "qa-en", "vt"], options.UsedPrompts, options.UsedLength, options.Seed);
        var run = new QualityRun(session, prompts, log.Progress);
        var policies = Policies.Where(name => session.Profiles.Has(CompressionPolicies.ProfileOf(name))).ToArray();
        var methods = Budgets.SelectMany(budget => policies.Select(name => (session.Policy(name), (Func<int, int>)(_ => budget)))).ToArray();
        var outcomes = await run.RunAsync(methods, seesQuestion: true, cancellation).ConfigureAwait(false);
        log.Add("layers", outcomes);
        foreach (var budget in Budgets)
        {
            var at = outcomes.Where(outcome => outcome.Budget == budget).ToDictionary(outcome => outcome.Policy);
            var suffix = budget == 64 ? "" : $"@{budget}";
            Compare(log, $"cake.klVsUniform{suffix}", $"cake.pValue{suffix}", at["cake"], at["snapkv"]);
            Compare(log, $"cake.klVsPyramid{suffix}", $"cake.pValuePyramid{suffix}", at["cake"], at["pyramidkv"]);
            Compare(log, $"cake.klVsMeanIndicator{suffix}", null, at["cake"], at["cake-mean"]);
            if (!at.TryGetValue("compresskv", out var compressed))
                continue;
            Compare(log, $"compresskv.klVsUniform{suffix}", $"compresskv.pValue{suffix}", compressed, at["snapkv"]);
            Compare(log, $"compresskv.votersVsAll{suffix}", null, at["compresskv-uniform"], at["compresskv-all"]);
        }

        await Spread(options, log, session, prompts, cancellation).ConfigureAwait(false);
    }

    private static void Compare(CompressionLog log, string name, string? pName, QualityRun.Outcome one, QualityRun.Outcome other)
    {
        var test = PairedTest.Of(one.Kl, other.Kl);
        log.Add(name, test.Difference, "nats a token", 0, $"KL of {one.Policy} minus {other.Policy}, {one.Budget} rows, {one.Kl.Length} prompts; below 0 is better");
        if (pName is not null)
            log.Add(pName, test.P, "", 0.05, "paired permutation test, two-sided");
    }

    /// <summary>The spread of layer preferences: where layers want the same there is nothing to share.</summary>
    private static async Task Spread(CompressionOptions options, CompressionLog log, SessionEngine session, IReadOnlyList<CompressionPrompt> prompts, CancellationToken cancellation)
    {
        var spreads = new List<double>();
        foreach (var prompt in prompts.Take(options.Quick ? 4 : 12))
        {
            using var generation = session.Engine.Submit(new Engine.Requests.GenerationRequest
            {
                Prompt = prompt.Tokens,
                MaxTokens = 1,
                Compression = new Engine.Compression.KvCompression { Policy = session.Policy("cake"), Rows = 64 },
            });
            var layers = (await generation.Choices[0].CompleteAsync(cancellation).ConfigureAwait(false)).Statistics.Compression!.LayerRows;
            var window = 32;
            spreads.Add((layers.Max() - window) / Math.Max(1, layers.Min() - window));
        }

        log.Add("cake.preferenceSpread", Interval.Of(spreads), "times", null, "largest over smallest layer's rows before the window at 64 rows: max P over min P");
    }
}

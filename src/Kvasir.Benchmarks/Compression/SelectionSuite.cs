using Kvasir.Benchmarks.Sessions;
using Kvasir.Engine;
using Kvasir.Engine.Compression;
using Kvasir.Engine.Requests;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Compression;

/// <summary>What choosing rows costs: a long prompt's time with a policy over its time without, and a token's while rows are dropped.</summary>
internal static class SelectionSuite
{
    private const int Repeats = 3;

    private static readonly (string Policy, double? Wanted)[] Prompts =
        [("compresskv", 3), ("compresskv-all", null), ("snapkv", null), ("cake", null), ("kvmerger", 5), ("h2o", null), ("elastic", null)];

    private static readonly string[] Answers = ["streamingllm-true", "lazy", "h2o"];

    public static async Task RunAsync(CompressionOptions options, CompressionLog log, CancellationToken cancellation)
    {
        using var session = await SessionEngine.OpenAsync(options.Model, new EngineOptions { Threads = options.Threads, KvType = KvDataType.F16 }).ConfigureAwait(false);
        var length = Math.Min(options.Quick ? 2000 : 7900, session.Engine.MaxContext - 256);
        var random = new Random(options.Seed);
        int[] prompt = [.. Enumerable.Range(0, length).Select(_ => 16 + random.Next(Math.Min(10_000, session.Engine.Config.VocabSize - 16)))];
        var known = Prompts.Where(policy => session.HasProfile || !KvCache.Compression.CompressionPolicies.NeedsProfile(policy.Policy)).ToArray();
        var plain = new List<double>();
        var chosen = known.Select(_ => new List<double>()).ToArray();
        for (var repeat = 0; repeat <= Repeats; repeat++)
        {
            var alone = await TimeAsync(prompt, null, 0, 1).ConfigureAwait(false);
            if (repeat > 0) // the first request of a process is slower
                plain.Add(alone.First);
            for (var i = 0; i < known.Length && repeat > 0; i++)
                chosen[i].Add((await TimeAsync(prompt, known[i].Policy, 256, 1).ConfigureAwait(false)).First);
        }

        for (var i = 0; i < known.Length; i++)
            log.Add($"selection.promptOverhead.{known[i].Policy}", 100 * ((Median(chosen[i]) / Median(plain)) - 1), "%", known[i].Wanted, FormattableString.Invariant($"{length} rows to 256: first token after {Median(chosen[i]):0.00} s, {Median(plain):0.00} s without; median of {Repeats}"));

        var steps = options.Quick ? 100 : 400;
        var tokens = Answers.Select(_ => new List<double>()).ToArray();
        for (var repeat = 0; repeat < Repeats; repeat++)
        {
            for (var i = 0; i < Answers.Length; i++)
                tokens[i].Add((await TimeAsync(prompt[..600], Answers[i], 512, steps).ConfigureAwait(false)).Token);
        }

        var (none, lazy, h2o) = (Median(tokens[0]), Median(tokens[1]), Median(tokens[2]));
        log.Add("selection.lazyOverH2o", (lazy - none) / Math.Max(1e-9, h2o - none), "of H2O's", 0.2, FormattableString.Invariant($"what a token costs more than with StreamingLLM at 512 rows: LazyEviction {1e6 * (lazy - none):0} µs, H2O {1e6 * (h2o - none):0} µs of {1e6 * h2o:0}; reading the weights included"));

        async Task<(double First, double Token)> TimeAsync(int[] of, string? policy, int rows, int answer)
        {
            using var generation = session.Engine.Submit(new GenerationRequest
            {
                Prompt = of,
                MaxTokens = answer,
                IgnoreStopTokens = true,
                UsePrefixCache = false,
                Compression = policy is null ? null : new KvCompression { Policy = session.Policy(policy), Rows = rows },
            });
            var statistics = (await generation.Choices[0].CompleteAsync(cancellation).ConfigureAwait(false)).Statistics;
            return (statistics.TimeToFirstToken.TotalSeconds, (statistics.TotalTime - statistics.TimeToFirstToken).TotalSeconds / Math.Max(1, answer - 1));
        }
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}

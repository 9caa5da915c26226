using System.Diagnostics;
using Kvasir.Benchmarks.Measures;
using Kvasir.Benchmarks.Sessions;
using Kvasir.Engine;
using Kvasir.Engine.Compression;
using Kvasir.Engine.Requests;
using Kvasir.KvCache.Compression;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Compression;

/// <summary>
/// What choosing rows costs: a long prompt's time with a policy over its time without, and a token's while rows are dropped. Neighbours on the machine
/// only ever slow a run down, so that the best of some is taken.
/// </summary>
internal static class SelectionSuite
{
    private const int Rows = 512;
    private const int Repeats = 3;
    private const int AnswerRepeats = 9;
    private const int ScoringRows = 8192;

    private static readonly (string Policy, double? Wanted)[] Prompts = [("", null), ("compresskv", 3), ("compresskv-all", null), ("snapkv", null), ("h2o", null), ("kvmerger", 5), ("kvmerger-sums", 5), ("elastic", null)];

    private static readonly string[] Answers = ["streamingllm-true", "lazy", "h2o"];

    public static async Task RunAsync(CompressionOptions options, CompressionLog log, CancellationToken cancellation)
    {
        using var session = await SessionEngine.OpenAsync(options.Model, new EngineOptions { Threads = options.Threads, KvType = KvDataType.F16 }).ConfigureAwait(false);
        var config = session.Engine.Config;
        Scoring("", 32, 8, config.HeadDim);
        Scoring(".ownShape", config.QueryHeads, config.KvHeads, config.HeadDim);
        Eviction(new CompressionShape(config.Layers, config.QueryHeads, config.KvHeads, config.HeadDim, Rows), log);
        var length = Math.Min(options.Quick ? 2000 : 7900, session.Engine.MaxContext - 256);
        var random = new Random(options.Seed);
        int[] prompt = [.. Enumerable.Range(0, length).Select(_ => 16 + random.Next(Math.Min(10_000, config.VocabSize - 16)))];
        await TimeAsync(prompt, "", 1).ConfigureAwait(false); // the first request of a process is slower
        var prompts = Prompts.Where(policy => !policy.Policy.StartsWith("compresskv", StringComparison.Ordinal) || session.Profiles.Heads is not null).ToArray();
        var first = await BestAsync([.. prompts.Select(policy => policy.Policy)], prompt, 1).ConfigureAwait(false);
        for (var i = 1; i < first.Length; i++)
        {
            log.Add($"selection.promptOverhead.{prompts[i].Policy}", 100 * ((first[i].Seconds / first[0].Seconds) - 1), "%", prompts[i].Wanted, FormattableString.Invariant($"{length} rows to {Rows}: first token after {first[i].Seconds:0.00} s, {first[0].Seconds:0.00} s without; best of {Repeats}"));
            log.Add($"selection.promptChoice.{prompts[i].Policy}", 100 * first[i].Whole / (first[i].Seconds - first[i].Whole), "%", prompts[i].Wanted, FormattableString.Invariant($"the same by its own clock, of what the prompt takes without: attention looked at again {1e3 * first[i].Attention:0} ms, rows chosen {1e3 * first[i].Choice:0} ms, copied {1e3 * first[i].Moves:0} ms"));
        }

        var token = await BestAsync(Answers, prompt[..600], options.Quick ? 96 : 384).ConfigureAwait(false);
        var lanes = config.Layers * config.KvHeads;
        var clock = config.Layers * ClockSeconds();
        log.Add("selection.lazyOverH2o", (token[1].Choice - clock) / (token[2].Choice - clock), "of H2O's", 0.2, FormattableString.Invariant($"without what the clock takes, {Nanoseconds(clock):0} ns; books and choice, a token and KV head at {Rows} rows: LazyEviction {Nanoseconds(token[1].Choice):0} ns, H2O {Nanoseconds(token[2].Choice):0} ns; besides, rows move ({Nanoseconds(token[1].Moves):0}, {Nanoseconds(token[2].Moves):0}, StreamingLLM {Nanoseconds(token[0].Moves):0} ns), and attention is looked at again ({Nanoseconds(token[1].Attention):0}, {Nanoseconds(token[2].Attention):0} ns)"));
        log.Add("selection.lazyOverH2o.withMoves", (token[1].Choice + token[1].Moves - clock) / (token[2].Choice + token[2].Moves - clock), "of H2O's", 0.2, "the same, moving rows included: as many go in the long run, whenever they go");

        double Nanoseconds(double seconds) => 1e9 * seconds / lanes;

        // What an empty measurement says.
        static double ClockSeconds()
        {
            var times = new long[10_001];
            for (var i = 0; i < times.Length; i++)
            {
                var started = Stopwatch.GetTimestamp();
                times[i] = Stopwatch.GetTimestamp() - started;
            }

            return Samples.Median(times.Select(ticks => (double)ticks)) / Stopwatch.Frequency;
        }

        void Scoring(string suffix, int queryHeads, int kvHeads, int headDim)
        {
            const int Voters = 4;
            using var layer = new ScoringCost(queryHeads, kvHeads, headDim, ScoringRows, options.Threads);
            layer.Time(queryHeads, 3);
            var ratios = new List<double>();
            var (some, all) = (0.0, 0.0);
            for (var repeat = 0; repeat < 11; repeat++)
            {
                (some, all) = (layer.Time(Voters, 9), layer.Time(queryHeads, 9));
                ratios.Add(some / all);
            }

            log.Add("selection.compresskvScoring" + suffix, ratios.Order().ElementAt(ratios.Count / 2), "of all heads", 0.25, FormattableString.Invariant($"votes of the last 8 of {ScoringRows} rows in a layer of {queryHeads} query and {kvHeads} KV heads of {headDim}: {Voters} heads drawn at random {1e3 * some:0.00} ms, all {1e3 * all:0.00} ms"));
        }

        async Task<Cost[]> BestAsync(string[] policies, int[] of, int answer)
        {
            var repeats = answer == 1 ? Repeats : AnswerRepeats;
            var times = policies.Select(_ => new Cost[repeats]).ToArray();
            for (var repeat = 0; repeat < repeats; repeat++)
            {
                for (var i = 0; i < policies.Length; i++)
                    times[i][repeat] = await TimeAsync(of, policies[i], answer).ConfigureAwait(false);
            }

            return [.. times.Select(costs => new Cost(costs.Min(cost => cost.Seconds), costs.Min(cost => cost.Attention), costs.Min(cost => cost.Choice), costs.Min(cost => cost.Moves)))];
        }

        // Seconds to the first token, or those of each further one.
        async Task<Cost> TimeAsync(int[] of, string policy, int answer)
        {
            using var generation = session.Engine.Submit(new GenerationRequest
            {
                Prompt = of,
                MaxTokens = answer,
                IgnoreStopTokens = true,
                UsePrefixCache = false,
                Compression = policy.Length == 0 ? null : new KvCompression { Policy = session.Policy(policy), Rows = Rows },
            });
            var statistics = (await generation.Choices[0].CompleteAsync(cancellation).ConfigureAwait(false)).Statistics;
            var (whole, chosen) = answer == 1
                ? (statistics.TimeToFirstToken, statistics.Compression?.PromptTime ?? default)
                : ((statistics.TotalTime - statistics.TimeToFirstToken) / (answer - 1), statistics.Compression?.AnswerTime ?? default);
            return new Cost(whole.TotalSeconds, chosen.Attention.TotalSeconds / Math.Max(1, answer - 1), chosen.Choice.TotalSeconds / Math.Max(1, answer - 1), chosen.Moves.TotalSeconds / Math.Max(1, answer - 1));
        }
    }

    private static void Eviction(CompressionShape shape, CompressionLog log)
    {
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started).TotalSeconds < 2;)
        {
            // Until all of it is compiled for good.
            EvictionCost.Of(new LazyEvictionPolicy("lazy", new LazyEvictionOptions()), shape, 500);
            EvictionCost.Of(new H2OPolicy(), shape, 500);
            EvictionCost.OfPickingAnew(shape, 100);
        }

        var lazy = EvictionCost.Of(new LazyEvictionPolicy("lazy", new LazyEvictionOptions()), shape, 2000);
        var h2o = EvictionCost.Of(new H2OPolicy(), shape, 2000).Between;
        var anew = EvictionCost.OfPickingAnew(shape, 1000);
        var both = lazy.Between + ((lazy.At - lazy.Between) / 32);
        log.Add("selection.lazyOverH2o.decisions", both / h2o, "of H2O's", 0.2, FormattableString.Invariant($"ns a token, row and head: LazyEviction {both:0.00} ({lazy.Between:0.00}, and in each 32nd step {lazy.At - lazy.Between:0.0}), H2O {h2o:0.00}"));
        log.Add("selection.lazyOverH2o.pickingAnew", both / anew, "of H2O's", 0.2, FormattableString.Invariant($"against H2O as published, which picks the best anew with every token: {anew:0.00} ns"));
    }

    private readonly record struct Cost(double Seconds, double Attention, double Choice, double Moves)
    {
        public double Whole => Attention + Choice + Moves;
    }
}

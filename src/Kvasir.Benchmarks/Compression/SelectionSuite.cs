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

    private static readonly (string Policy, double? Wanted)[] Prompts = [("", null), ("compresskv", 3), ("snapkv", null), ("h2o", null), ("kvmerger", 5)];

    private static readonly string[] Answers = ["streamingllm-true", "lazy", "h2o"];

    public static async Task RunAsync(CompressionOptions options, CompressionLog log, CancellationToken cancellation)
    {
        using var session = await SessionEngine.OpenAsync(options.Model, new EngineOptions { Threads = options.Threads, KvType = KvDataType.F16 }).ConfigureAwait(false);
        var length = Math.Min(options.Quick ? 2000 : 7900, session.Engine.MaxContext - 256);
        var random = new Random(options.Seed);
        int[] prompt = [.. Enumerable.Range(0, length).Select(_ => 16 + random.Next(Math.Min(10_000, session.Engine.Config.VocabSize - 16)))];
        await TimeAsync(prompt, "", 1).ConfigureAwait(false); // the first request of a process is slower
        var prompts = Prompts.Where(policy => policy.Policy != "compresskv" || session.Profiles.Heads is not null).ToArray();
        var first = await MediansAsync([.. prompts.Select(policy => policy.Policy)], prompt, 1).ConfigureAwait(false);
        for (var i = 1; i < first.Length; i++)
            log.Add($"selection.promptOverhead.{prompts[i].Policy}", 100 * ((first[i] / first[0]) - 1), "%", prompts[i].Wanted, FormattableString.Invariant($"{length} rows to 512: first token after {first[i]:0.00} s, {first[0]:0.00} s without; median of {Repeats}"));
        var token = await MediansAsync(Answers, prompt[..600], options.Quick ? 100 : 400).ConfigureAwait(false);
        log.Add("selection.lazyOverH2o", token[2] > token[0] ? (token[1] - token[0]) / (token[2] - token[0]) : double.NaN, "of H2O's", 0.2, FormattableString.Invariant($"what a token costs more than with StreamingLLM at 512 rows: LazyEviction {1e6 * (token[1] - token[0]):0} µs, H2O {1e6 * (token[2] - token[0]):0} µs; reading the weights included"));

        async Task<double[]> MediansAsync(string[] policies, int[] of, int answer)
        {
            var times = policies.Select(_ => new double[Repeats]).ToArray();
            for (var repeat = 0; repeat < Repeats; repeat++)
            {
                for (var i = 0; i < policies.Length; i++)
                    times[i][repeat] = await TimeAsync(of, policies[i], answer).ConfigureAwait(false);
            }

            return [.. times.Select(values => values.Order().ElementAt(Repeats / 2))];
        }

        // Seconds to the first token, or those of each further one.
        async Task<double> TimeAsync(int[] of, string policy, int answer)
        {
            using var generation = session.Engine.Submit(new GenerationRequest
            {
                Prompt = of,
                MaxTokens = answer,
                IgnoreStopTokens = true,
                UsePrefixCache = false,
                Compression = policy.Length == 0 ? null : new KvCompression { Policy = session.Policy(policy), Rows = 512 },
            });
            var statistics = (await generation.Choices[0].CompleteAsync(cancellation).ConfigureAwait(false)).Statistics;
            return answer == 1 ? statistics.TimeToFirstToken.TotalSeconds : (statistics.TotalTime - statistics.TimeToFirstToken).TotalSeconds / (answer - 1);
        }
    }
}

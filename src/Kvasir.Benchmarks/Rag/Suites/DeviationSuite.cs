using Kvasir.Benchmarks.Rag.Workloads;
using Kvasir.KvCache.Blending;

namespace Kvasir.Benchmarks.Rag.Suites;

/// <summary>
/// How far attention is from that of full recomputation, against the share of repaired rows (CacheBlend's first finding). Measured at what
/// attention gave the prompt's last rows: the question's values in layers 2 and up, each a linear image of all attention outputs below it,
/// in place of the attention matrices themselves, which no kernel keeps.
/// </summary>
internal static class DeviationSuite
{
    private const int FirstLayer = 2;

    private static readonly double[] Ratios = [0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1];
    private static readonly double[] QuickRatios = [0, 0.15, 0.5, 1];

    private static readonly (string Name, Func<double, IBlendPolicy> Create)[] Policies =
    [
        ("cacheblend", ratio => new CacheBlendPolicy(ratio)),
        ("cacheblend-pooled", ratio => new CacheBlendPolicy(ratio, pool: CacheBlendPolicy.UsualPool)),
        ("random", ratio => new RandomRowsPolicy(ratio)),
    ];

    public static async Task RunAsync(RagSession session, RagRecorder recorder)
    {
        var quick = recorder.Options.Quick;
        var ratios = quick ? QuickRatios : Ratios;
        var bySeed = new List<Dictionary<string, double[]>>();
        await session.KeepValuesAsync(true).ConfigureAwait(false);
        foreach (var seed in recorder.Seeds)
        {
            var sums = Policies.ToDictionary(policy => policy.Name, _ => new double[ratios.Length]);
            foreach (var prompt in QuestionWorkload.Create(session.Frame, RagKind.CrossChunk, 20_000 + seed, quick ? 4 : 12, RagSession.ShortTokens))
            {
                await session.Engine.ClearCacheAsync().ConfigureAwait(false);
                await session.StoreAloneAsync(prompt, recorder.Cancellation).ConfigureAwait(false);
                await session.AnswerAsync(RagSession.Full(prompt) with { MaxTokens = 1 }, cancellation: recorder.Cancellation).ConfigureAwait(false);
                var full = session.Values!;
                foreach (var (name, create) in Policies)
                {
                    for (var i = 0; i < ratios.Length; i++)
                    {
                        var request = RagSession.Blended(prompt, create(ratios[i]), RagScope.Alone) with { MaxTokens = 1 };
                        await session.AnswerAsync(request, cancellation: recorder.Cancellation).ConfigureAwait(false);
                        sums[name][i] += Enumerable.Range(FirstLayer, session.Layers - FirstLayer)
                            .Average(layer => session.Values!.RelativeDistance(layer, prompt.Parts[^1].End, prompt.Tokens.Length, full));
                    }
                }
            }

            bySeed.Add(sums);
        }

        await session.KeepValuesAsync(false).ConfigureAwait(false);
        var usual = Array.IndexOf(ratios, 0.15);
        foreach (var (name, _) in Policies)
        {
            var means = Enumerable.Range(0, ratios.Length).Select(i => bySeed.Average(sums => sums[name][i] / sums[name][0])).ToArray();
            recorder.Add(new RagSeries("attention", name, [.. ratios.Zip(means)]));
            recorder.Say(FormattableString.Invariant($"  {name,-20} {string.Join("  ", ratios.Zip(means, (ratio, mean) => FormattableString.Invariant($"{ratio:0.00}: {mean:0.000}")))}"));
        }

        const string Measure = "deviation of the question's values, layers 2 and up";
        recorder.Check("cacheblend.attentionFalls", [.. bySeed.Select(sums => Falls(sums["cacheblend"]))], "share", 1, $"steps of the ratio ({string.Join(", ", ratios)}) over which the {Measure} falls; wanted: all of them");
        recorder.Check("cacheblend.attentionClosed15", [.. bySeed.Select(sums => Closed(sums["cacheblend"]))], "share", bySeed.Average(sums => Closed(sums["random"])), $"of the {Measure}, removed at 15 %; baseline: random rows; wanted: more than 0.15, which is steeper than what follows");
        recorder.Check("cacheblendPooled.attentionClosed15", [.. bySeed.Select(sums => Closed(sums["cacheblend-pooled"]))], "share", bySeed.Average(sums => Closed(sums["cacheblend"])), "the same with deviations averaged; baseline: as published");

        double Closed(double[] deviations) => 1 - (deviations[usual] / deviations[0]);
    }

    private static double Falls(double[] deviations) => Enumerable.Range(1, deviations.Length - 1).Count(i => deviations[i] < deviations[i - 1]) / (deviations.Length - 1.0);
}

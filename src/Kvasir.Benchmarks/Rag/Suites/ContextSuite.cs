using Kvasir.Benchmarks.Measures;
using Kvasir.Benchmarks.Rag.Measures;
using Kvasir.Benchmarks.Rag.Policies;
using Kvasir.Benchmarks.Rag.Workloads;

namespace Kvasir.Benchmarks.Rag.Suites;

/// <summary>
/// Whether what the policies go by tells the truth: the ranks of rows in neighbouring layers (CacheBlend), and Cache-Craft's overhead
/// against what naive reuse of a chunk does to the output.
/// </summary>
internal static class ContextSuite
{
    private const int Judged = 32;

    public static async Task RunAsync(RagSession session, RagRecorder recorder)
    {
        var ranks = new List<double>();
        var overheads = new List<double>();
        var pairs = 0;
        foreach (var seed in recorder.Seeds)
        {
            var prompts = QuestionWorkload.Create(session.Frame, RagKind.CrossChunk, 300 + seed, recorder.Options.Quick ? 4 : 9, RagSession.ShortTokens);
            ranks.Add(await RankCorrelationAsync(session, recorder, prompts.Take(3)).ConfigureAwait(false));
            var (correlation, count) = await OverheadCorrelationAsync(session, recorder, prompts, new Random(seed)).ConfigureAwait(false);
            overheads.Add(correlation);
            pairs += count;
        }

        recorder.Check("cacheblend.rankCorrelation", ranks, "Spearman", 0.6, "value deviation of reused rows in layer l against layer l + 1, from layer 1; mean; wanted: at least 0.6");
        recorder.Check("cachecraft.cfoSpearman", overheads, "Spearman", 0.5, $"CFO against the divergence of {Judged} given tokens when one chunk is reused naively, {pairs} pairs in all; wanted: at least 0.5");
    }

    private static async Task<double> RankCorrelationAsync(RagSession session, RagRecorder recorder, IEnumerable<RagPrompt> prompts)
    {
        await session.KeepValuesAsync(true).ConfigureAwait(false);
        var correlations = new List<double>();
        foreach (var prompt in prompts)
        {
            await session.AnswerAsync(RagSession.Full(prompt) with { MaxTokens = 1 }, cancellation: recorder.Cancellation).ConfigureAwait(false);
            var full = session.Values!;
            var deviations = new List<double>[session.Layers];
            for (var layer = 0; layer < session.Layers; layer++)
                deviations[layer] = [];

            // The first chunk stands where it stood alone.
            foreach (var part in prompt.Parts.Skip(1))
            {
                int[] alone = [.. session.Frame.Head, .. prompt.Tokens.AsSpan(part.Start, part.Length)];
                await session.AnswerAsync(RagSession.Full(prompt) with { Prompt = alone, MaxTokens = 1 }, cancellation: recorder.Cancellation).ConfigureAwait(false);
                for (var layer = 0; layer < session.Layers; layer++)
                {
                    for (var row = 0; row < part.Length; row++)
                        deviations[layer].Add(full.Distance(layer, part.Start + row, session.Values!, session.Frame.Head.Length + row));
                }
            }

            for (var layer = 1; layer + 1 < session.Layers; layer++)
                correlations.Add(Spearman.Correlate(deviations[layer], deviations[layer + 1]));
        }

        await session.KeepValuesAsync(false).ConfigureAwait(false);
        return correlations.Average();
    }

    private static async Task<(double Correlation, int Pairs)> OverheadCorrelationAsync(RagSession session, RagRecorder recorder, IReadOnlyList<RagPrompt> prompts, Random random)
    {
        List<double> overheads = [], divergences = [];
        foreach (var prompt in prompts)
        {
            await session.Engine.ClearCacheAsync().ConfigureAwait(false);
            await session.StoreInContextAsync(prompt, random, recorder.Cancellation).ConfigureAwait(false);
            var given = RagSession.Full(prompt) with { Continuation = prompt.Dialogue.AsMemory(0, Judged), MaxTokens = Judged, IgnoreStopTokens = true };
            var full = await session.AnswerAsync(given, _ => true, recorder.Cancellation).ConfigureAwait(false);
            foreach (var part in prompt.Parts)
            {
                var policy = new OneChunkPolicy(prompt.Tokens.AsMemory(part.Start, part.Length));
                var request = given with { Blending = RagSession.Blended(prompt, policy, default).Blending, CacheSalt = RagScope.Context };
                var answer = await session.AnswerAsync(request, _ => true, recorder.Cancellation).ConfigureAwait(false);
                if (double.IsNaN(policy.Overhead))
                    continue;
                overheads.Add(policy.Overhead);
                divergences.Add(full.Logits.Zip(answer.Logits, (one, other) => Divergence.Kl(one, other)).Average());
            }
        }

        return (Spearman.Correlate(overheads, divergences), overheads.Count);
    }
}

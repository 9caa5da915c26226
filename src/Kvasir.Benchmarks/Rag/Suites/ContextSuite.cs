using Kvasir.Benchmarks.Measures;
using Kvasir.Benchmarks.Rag.Measures;
using Kvasir.Benchmarks.Rag.Policies;
using Kvasir.Benchmarks.Rag.Workloads;
using Kvasir.Engine.Requests;

namespace Kvasir.Benchmarks.Rag.Suites;

/// <summary>
/// Whether what the policies go by tells the truth: the ranks of rows in neighbouring layers (CacheBlend), and Cache-Craft's overhead
/// against what naive reuse of a chunk does to the chunk's own rows and to the answer.
/// </summary>
internal static class ContextSuite
{
    private const int Judged = 32;

    public static async Task RunAsync(RagSession session, RagRecorder recorder)
    {
        var ranks = new List<double>();
        var overheads = new List<(double Rows, double Answer)>();
        var traced = new List<(double All, double Changed)>();
        var (pairs, tracedPairs) = (0, 0);
        foreach (var seed in recorder.Seeds)
        {
            var prompts = QuestionWorkload.Create(session.Frame, RagKind.CrossChunk, 300 + seed, recorder.Options.Quick ? 4 : 9, RagSession.ShortTokens);
            ranks.Add(await RankCorrelationAsync(session, recorder, prompts.Take(3)).ConfigureAwait(false));
            var (rows, answer, count) = await OverheadCorrelationAsync(session, recorder, prompts, new Random(seed)).ConfigureAwait(false);
            overheads.Add((rows, answer));
            pairs += count;
            var (all, changed, traceCount) = await TraceCorrelationAsync(session, recorder, seed).ConfigureAwait(false);
            traced.Add((all, changed));
            tracedPairs += traceCount;
        }

        recorder.Check("cacheblend.rankCorrelation", ranks, "Spearman", 0.6, "value deviation of reused rows in layer l against layer l + 1, from layer 1; mean; wanted: at least 0.6");
        recorder.Check("cachecraft.cfoSpearman", [.. overheads.Select(one => one.Rows)], "Spearman", 0.5, $"CFO against the relative deviation of the chunk's own values, layers 1 and up, when it is reused naively, {pairs} pairs in all; wanted: at least 0.5");
        recorder.Check("cachecraft.cfoTraceSpearman", [.. traced.Select(one => one.All)], "Spearman", 0.5, $"the same between requests of the Zipf trace: a chunk of a request and what stands before it when it is retrieved again, {tracedPairs} pairs in all; wanted: at least 0.5");
        recorder.Check("cachecraft.cfoTraceChangedSpearman", [.. traced.Select(one => one.Changed)], "Spearman", 0.5, "of these, the pairs with something else before the chunk than when it was stored");
        recorder.Check("cachecraft.cfoAnswerSpearman", [.. overheads.Select(one => one.Answer)], "Spearman", null, $"the same against the divergence of {Judged} given tokens of questions and answers, of which few are about that chunk");
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

    private static async Task<(double Rows, double Answer, int Pairs)> OverheadCorrelationAsync(RagSession session, RagRecorder recorder, IReadOnlyList<RagPrompt> prompts, Random random)
    {
        List<double> overheads = [], deviations = [], divergences = [];
        await session.KeepValuesAsync(true).ConfigureAwait(false);
        foreach (var prompt in prompts)
        {
            await session.Engine.ClearCacheAsync().ConfigureAwait(false);
            await session.StoreInContextAsync(prompt, random, recorder.Cancellation).ConfigureAwait(false);
            var given = RagSession.Full(prompt) with { Continuation = prompt.Dialogue.AsMemory(0, Judged), MaxTokens = Judged, IgnoreStopTokens = true };
            var full = await session.AnswerAsync(given, _ => true, recorder.Cancellation).ConfigureAwait(false);
            var values = session.Values!;
            foreach (var part in prompt.Parts)
            {
                if (await ReuseAsync(session, prompt, part, given, values, recorder.Cancellation).ConfigureAwait(false) is not { } reuse)
                    continue;
                overheads.Add(reuse.Overhead);
                deviations.Add(reuse.Deviation);
                divergences.Add(full.Logits.Zip(reuse.Answer.Logits, (one, other) => Divergence.Kl(one, other)).Average());
            }
        }

        await session.KeepValuesAsync(false).ConfigureAwait(false);
        return (Spearman.Correlate(overheads, deviations), Spearman.Correlate(overheads, divergences), overheads.Count);
    }

    /// <summary>Chunks that are retrieved again, each stored as the last request before computed it.</summary>
    private static async Task<(double All, double Changed, int Pairs)> TraceCorrelationAsync(RagSession session, RagRecorder recorder, int seed)
    {
        var quick = recorder.Options.Quick;
        var trace = quick ? ZipfTrace.Create(session.Frame, 600 + seed, 20, 8, 56, 112) : ZipfTrace.Create(session.Frame, 600 + seed, 40, 32, 56, 112);
        List<(double Overhead, double Deviation)> pairs = [];
        await session.KeepValuesAsync(true).ConfigureAwait(false);
        for (var i = 1; i < trace.Count; i++)
        {
            await session.AnswerAsync(RagSession.Full(trace[i]) with { MaxTokens = 1 }, cancellation: recorder.Cancellation).ConfigureAwait(false);
            var values = session.Values!;
            foreach (var part in trace[i].Parts)
            {
                if (trace.Take(i).LastOrDefault(earlier => earlier.Parts.Any(before => before.Chunk == part.Chunk)) is not { } stored)
                    continue;
                await session.Engine.ClearCacheAsync().ConfigureAwait(false);
                await session.StoreAsync(stored, recorder.Cancellation).ConfigureAwait(false);
                if (await ReuseAsync(session, trace[i], part, RagSession.Full(trace[i]) with { MaxTokens = 1 }, values, recorder.Cancellation).ConfigureAwait(false) is { } reuse)
                    pairs.Add((reuse.Overhead, reuse.Deviation));
            }
        }

        await session.KeepValuesAsync(false).ConfigureAwait(false);
        var changed = pairs.Where(pair => pair.Overhead > 0).ToArray();
        return (Correlate(pairs), Correlate(changed), pairs.Count);

        static double Correlate(IReadOnlyCollection<(double Overhead, double Deviation)> of) => Spearman.Correlate([.. of.Select(pair => pair.Overhead)], [.. of.Select(pair => pair.Deviation)]);
    }

    /// <summary>Reuses one chunk naively: Cache-Craft's overhead of it, and how far its values are from the true ones in layers 1 and up; null when it was not there.</summary>
    private static async Task<(double Overhead, double Deviation, RagAnswer Answer)?> ReuseAsync(
        RagSession session, RagPrompt prompt, RagPart part, GenerationRequest request, ValueRows values, CancellationToken cancellation)
    {
        var policy = new OneChunkPolicy(prompt.Tokens.AsMemory(part.Start, part.Length));
        var reusing = request with { Blending = RagSession.Blended(prompt, policy, default).Blending, CacheSalt = RagScope.Context };
        var answer = await session.AnswerAsync(reusing, _ => true, cancellation).ConfigureAwait(false);
        if (double.IsNaN(policy.Overhead))
            return null;
        var deviation = Enumerable.Range(1, session.Layers - 1).Average(layer => session.Values!.RelativeDistance(layer, part.Start, part.End, values));
        return (policy.Overhead, deviation, answer);
    }
}

using Kvasir.Benchmarks.Rag.Measures;
using Kvasir.Benchmarks.Rag.Workloads;
using Kvasir.KvCache.Blending;

namespace Kvasir.Benchmarks.Rag.Suites;

/// <summary>Cache-Craft's alpha for the model: fitted on prompts that no other suite asks, and tried on others.</summary>
internal static class AlphaSuite
{
    private const int TrainingSeeds = 60_000;
    private const int HeldOutSeeds = 70_000;
    private const double TargetLoss = 2;

    public static async Task RunAsync(RagSession session, RagRecorder recorder)
    {
        var quick = recorder.Options.Quick;
        double[] alphas = quick ? [0.5, 1, 2, 4] : [0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4];
        var points = new List<AlphaPoint>();
        foreach (var seed in recorder.Seeds)
        {
            foreach (var point in await MeasureAsync(session, recorder, TrainingSeeds + seed, alphas, quick ? 4 : 20).ConfigureAwait(false))
            {
                points.Add(point);
                recorder.Say(FormattableString.Invariant($"  alpha {point.Alpha}: {point.Loss:0.0} points lost, {point.RecomputedShare:0.000} repaired"));
            }
        }

        recorder.Add(new RagSeries("alpha", "points lost", [.. points.GroupBy(point => point.Alpha).Select(group => (group.Average(point => point.RecomputedShare), group.Average(point => point.Loss)))]));
        if (AlphaFit.Smallest(points, TargetLoss) is not { } fitted)
        {
            recorder.Check("cachecraft.alpha", [double.NaN], "factor", recorder.Options.CraftAlpha, $"none of {string.Join(", ", alphas)} loses at most {TargetLoss} points on the training prompts; baseline: what the trace is run with");
            return;
        }

        var heldOut = new List<AlphaPoint>();
        foreach (var seed in recorder.Seeds)
            heldOut.AddRange(await MeasureAsync(session, recorder, HeldOutSeeds + seed, [fitted.Alpha], quick ? 4 : 20).ConfigureAwait(false));
        recorder.Check("cachecraft.alpha", [fitted.Alpha], "factor", recorder.Options.CraftAlpha, $"the smallest of {string.Join(", ", alphas)} that loses at most {TargetLoss} points of exact match on the training prompts; baseline: what the trace is run with");
        recorder.Check("cachecraft.alphaRepaired", [.. heldOut.Select(point => point.RecomputedShare)], "share", null, "rows of chunks that it computes again on other prompts, those of chunks that are not worth reusing included; published: 0.2 to 0.45");
        recorder.Check("cachecraft.alphaHeldOutLoss", [.. heldOut.Select(point => point.Loss)], "points", TargetLoss, "exact match that it loses on other prompts; wanted: at most 2");
    }

    /// <summary>Loss and repair of every alpha over prompts whose chunks were computed in another order.</summary>
    private static async Task<AlphaPoint[]> MeasureAsync(RagSession session, RagRecorder recorder, int seed, double[] alphas, int count)
    {
        var right = new int[alphas.Length];
        var (repaired, reused) = (new long[alphas.Length], new long[alphas.Length]);
        var fullRight = 0;
        var random = new Random(seed);
        foreach (var prompt in QuestionWorkload.Create(session.Frame, RagKind.CrossChunk, seed, count, RagSession.ShortTokens))
        {
            await session.Engine.ClearCacheAsync().ConfigureAwait(false);
            await session.StoreInContextAsync(prompt, random, recorder.Cancellation).ConfigureAwait(false);
            var full = await session.AnswerAsync(RagSession.Full(prompt), cancellation: recorder.Cancellation).ConfigureAwait(false);
            fullRight += Right(full, prompt);
            for (var i = 0; i < alphas.Length; i++)
            {
                var policy = new CacheCraftPolicy(alphas[i]) { EndsEarly = false };
                var answer = await session.AnswerAsync(RagSession.Blended(prompt, policy, RagScope.Context), cancellation: recorder.Cancellation).ConfigureAwait(false);
                right[i] += Right(answer, prompt);

                // A chunk that is not worth reusing is computed: all of it.
                var blend = answer.Answer.Statistics.Blend;
                repaired[i] += prompt.PartTokens - (blend?.BlendedTokens ?? 0) + (blend?.RepairedTokens ?? 0);
                reused[i] += prompt.PartTokens;
            }
        }

        return [.. alphas.Select((alpha, i) => new AlphaPoint(alpha, 100.0 * (fullRight - right[i]) / count, (double)repaired[i] / reused[i]))];
    }

    private static int Right(RagAnswer answer, RagPrompt prompt) => ExactMatch.Holds(answer.Answer.Text, prompt.Accepted) ? 1 : 0;
}

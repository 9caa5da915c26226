using System.Runtime.InteropServices;
using Kvasir.Benchmarks.Measures;
using Kvasir.Benchmarks.Rag.Policies;
using Kvasir.Benchmarks.Rag.Workloads;
using Kvasir.Engine.Requests;
using Kvasir.KvCache.Blending;

namespace Kvasir.Benchmarks.Rag.Suites;

/// <summary>What must hold exactly: everything repaired, nothing changed, several at once, and what a reuse costs in memory.</summary>
internal static class ExactSuite
{
    private const int Together = 8;

    public static async Task RunAsync(RagSession session, RagRecorder recorder)
    {
        var count = recorder.Options.Quick ? 2 : 8;
        var prompts = QuestionWorkload.Create(session.Frame, RagKind.CrossChunk, 77, count, RagSession.ShortTokens);
        await FullRatioAsync(session, recorder, prompts).ConfigureAwait(false);
        await IdentityAsync(session, recorder, prompts).ConfigureAwait(false);
        await BatchAsync(session, recorder).ConfigureAwait(false);
        await MemoryAsync(session, recorder).ConfigureAwait(false);
    }

    private static async Task FullRatioAsync(RagSession session, RagRecorder recorder, IReadOnlyList<RagPrompt> prompts)
    {
        var equal = PolicyRows.Swept.ToDictionary(policy => policy.Name, _ => 0.0);
        var zero = 0.0;
        foreach (var prompt in prompts)
        {
            await PrepareAsync(session, recorder, prompt).ConfigureAwait(false);
            var full = await session.AnswerAsync(RagSession.Full(prompt), _ => true, recorder.Cancellation).ConfigureAwait(false);
            foreach (var (name, salt, create) in PolicyRows.Swept)
            {
                var answer = await session.AnswerAsync(RagSession.Blended(prompt, create(1), salt), _ => true, recorder.Cancellation).ConfigureAwait(false);
                equal[name] += SameBits(full, answer) ? 1.0 / prompts.Count : 0;
            }

            var naive = await session.AnswerAsync(RagSession.Blended(prompt, new NaivePolicy(), RagScope.Alone), _ => true, recorder.Cancellation).ConfigureAwait(false);
            IBlendPolicy[] none = [new CacheBlendPolicy(0), new KvSharePolicy(0, answerRepairs: 0)];
            foreach (var policy in none)
            {
                var answer = await session.AnswerAsync(RagSession.Blended(prompt, policy, RagScope.Alone), _ => true, recorder.Cancellation).ConfigureAwait(false);
                zero += SameBits(naive, answer) ? 1.0 / (prompts.Count * none.Length) : 0;
            }
        }

        var failed = equal.Where(policy => policy.Value < 1 - 1e-9).Select(policy => policy.Key).ToArray();
        recorder.Check("fullRatio.bitsEqual", [equal.Values.Min()], "share", 1, $"prompts whose every logits row has the bits of full recomputation at ratio 1, worst of {equal.Count} policies{(failed.Length > 0 ? $"; not equal: {string.Join(", ", failed)}" : "")}");
        recorder.Check("zeroRatio.bitsEqual", [zero], "share", 1, "the same for ratio 0 against naive reuse");
    }

    /// <summary>The same chunks in the same order as they were computed in, with another question.</summary>
    private static async Task IdentityAsync(RagSession session, RagRecorder recorder, IReadOnlyList<RagPrompt> prompts)
    {
        var (difference, repaired, blended) = (0.0, 0, 0);
        foreach (var prompt in prompts)
        {
            await session.Engine.ClearCacheAsync().ConfigureAwait(false);
            var earlier = session.Frame.Build(
                [.. prompt.Parts.Select(part => new RagPiece(part.Chunk, prompt.Tokens[part.Start..part.End]))], new RagQuestion("What is this about?", [], prompt.Kind));
            await session.StoreAsync(earlier, recorder.Cancellation).ConfigureAwait(false);
            var full = await session.AnswerAsync(RagSession.Full(prompt), cancellation: recorder.Cancellation).ConfigureAwait(false);
            var answer = await session.AnswerAsync(RagSession.Blended(prompt, new CacheCraftPolicy(1), RagScope.Context), cancellation: recorder.Cancellation).ConfigureAwait(false);
            difference = Math.Max(difference, Divergence.MaxDifference(full.Logits[0], answer.Logits[0]));
            repaired += answer.Answer.Statistics.Blend?.RepairedTokens ?? 0;
            blended += answer.Answer.Statistics.Blend?.BlendedTokens ?? 0;
        }

        recorder.Check("identity.maxLogitDiff", [difference], "logits", 1e-3, $"Cache-Craft, unchanged context, {blended} rows reused; wanted: at most 0.001");
        recorder.Check("identity.repairedTokens", [repaired], "tokens", 0, "wanted: none");
    }

    private static async Task BatchAsync(RagSession session, RagRecorder recorder)
    {
        List<RagPrompt> prompts = [];
        for (var i = 0; i < Together; i++)
            prompts.AddRange(QuestionWorkload.Create(session.Frame, RagKind.OneHop, 900 + i, 1, 150 + (40 * i)));
        await session.Engine.ClearCacheAsync().ConfigureAwait(false);
        foreach (var prompt in prompts)
            await session.StoreAloneAsync(prompt, recorder.Cancellation).ConfigureAwait(false);
        var requests = prompts.Select(prompt => RagSession.Blended(prompt, new CacheBlendPolicy(PolicyRows.Usual), RagScope.Alone)).ToArray();
        var alone = new List<Answer>();
        foreach (var request in requests)
            alone.Add((await session.AnswerAsync(request, cancellation: recorder.Cancellation).ConfigureAwait(false)).Answer);
        var generations = requests.Select(session.Engine.Submit).ToArray();
        var same = 0;
        for (var i = 0; i < generations.Length; i++)
        {
            var answer = await generations[i].Choices[0].CompleteAsync(recorder.Cancellation).ConfigureAwait(false);
            same += answer.Tokens.SequenceEqual(alone[i].Tokens) ? 1 : 0;
            generations[i].Dispose();
        }

        recorder.Check("batch.sameAnswers", [(double)same / Together], "share", 1, $"{Together} blended prompts of different lengths at once against one by one");
    }

    /// <summary>Rows that each further request on the same chunks holds, as a share of its prompt.</summary>
    private static async Task MemoryAsync(RagSession session, RagRecorder recorder)
    {
        var prompt = LongPrompts.Create(session.Frame, 5, recorder.Options.Quick ? 1_600 : 3_200);
        await session.Engine.ClearCacheAsync().ConfigureAwait(false);
        await session.StoreAloneAsync(prompt, recorder.Cancellation).ConfigureAwait(false);
        var one = await ActiveBlocksAsync(1).ConfigureAwait(false);
        var all = await ActiveBlocksAsync(Together).ConfigureAwait(false);
        var rows = (await session.Engine.GetStatusAsync().ConfigureAwait(false)).BlockRows;
        var reused = prompt.PartTokens;
        var repaired = Blocks(PolicyRows.Usual * reused);

        // Repaired rows fill slices of their own in every layer; what stands before and behind the chunks lies in blocks by position, so that
        // each such stretch may begin and end inside of one, and the answer has begun.
        var bound = repaired + Blocks(prompt.Parts[0].Start) + Blocks(prompt.Tokens.Length - prompt.Parts[^1].End) + 2;
        recorder.Check(
            "memory.overBase",
            [(double)(all - one) * rows / (Together - 1) / prompt.Tokens.Length],
            "share of a prompt",
            (double)bound * rows / prompt.Tokens.Length,
            $"rows held by each of {Together} requests on the same {reused} chunk tokens beyond the first; bound: 15 % of them in slices of {rows} rows ({repaired * rows}), what is computed before and behind them in blocks of {rows}, and two blocks that are begun");

        int Blocks(double count) => (int)Math.Ceiling(count / rows);

        async Task<int> ActiveBlocksAsync(int requests)
        {
            var request = RagSession.Blended(prompt, new CacheBlendPolicy(PolicyRows.Usual), RagScope.Alone) with { MaxTokens = 200, IgnoreStopTokens = true };
            var generations = Enumerable.Range(0, requests).Select(_ => session.Engine.Submit(request)).ToArray();
            foreach (var generation in generations)
            {
                await foreach (var _ in generation.Choices[0].ReadAsync(recorder.Cancellation).ConfigureAwait(false))
                    break;
            }

            var active = (await session.Engine.GetStatusAsync().ConfigureAwait(false)).ActiveBlocks;
            foreach (var generation in generations)
            {
                generation.Cancel();
                generation.Dispose();
            }

            return active;
        }
    }

    private static async Task PrepareAsync(RagSession session, RagRecorder recorder, RagPrompt prompt)
    {
        await session.Engine.ClearCacheAsync().ConfigureAwait(false);
        await session.StoreAloneAsync(prompt, recorder.Cancellation).ConfigureAwait(false);
        await session.StoreInContextAsync(prompt, new Random(7), recorder.Cancellation).ConfigureAwait(false);
    }

    private static bool SameBits(RagAnswer one, RagAnswer other) =>
        one.Logits.Count == other.Logits.Count
        && one.Logits.Zip(other.Logits).All(rows => MemoryMarshal.AsBytes(rows.First.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(rows.Second.AsSpan())));
}

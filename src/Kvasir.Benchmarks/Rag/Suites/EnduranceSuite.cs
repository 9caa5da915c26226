using Kvasir.Benchmarks.Rag.Workloads;
using Kvasir.Engine.Blending;
using Kvasir.Engine.Requests;
using Kvasir.KvCache.Blending;

namespace Kvasir.Benchmarks.Rag.Suites;

/// <summary>The same new documents in ever new orders: reuse must not wear out, and the index must not grow without bound.</summary>
internal static class EnduranceSuite
{
    public static async Task RunAsync(RagSession session, RagRecorder recorder)
    {
        var (requests, window) = recorder.Options.Quick ? (48, 12) : (500, 100);
        List<double> kept = [], held = [];
        foreach (var seed in recorder.Seeds)
        {
            await session.Engine.ClearCacheAsync().ConfigureAwait(false);
            var shares = new List<double>();
            var mostHeld = 0.0;
            foreach (var prompt in ShuffleTrace.Create(session.Frame, seed, requests, 40))
            {
                var answer = await session.AnswerAsync(
                    new GenerationRequest
                    {
                        Prompt = prompt.Tokens,
                        MaxTokens = 1,
                        Blending = new BlendRequest { Policy = new CacheCraftPolicy(recorder.Options.CraftAlpha), Parts = RagSession.Parts(prompt) },
                    },
                    cancellation: recorder.Cancellation).ConfigureAwait(false);
                var blend = answer.Answer.Statistics.Blend;
                shares.Add((double)(answer.Answer.Statistics.ReusedTokens + (blend?.BlendedTokens ?? 0) - (blend?.RepairedTokens ?? 0)) / prompt.Tokens.Length);
                mostHeld = Math.Max(mostHeld, await session.Engine.QueryAsync(loop => (double)loop.Chunks.HeldBlocks / loop.Pool.Capacity).ConfigureAwait(false));
            }

            var means = Enumerable.Range(0, requests - window + 1).Select(first => shares.Skip(first).Take(window).Average()).ToArray();
            kept.Add(means[^1] / means.Max());
            held.Add(mostHeld);
            if (seed == 1)
                recorder.Add(new RagSeries("endurance", "reused tokens without repair", [.. shares.Chunk(Math.Max(1, window / 4)).Select((group, i) => ((i + 0.5) * group.Length, group.Average()))]));
        }

        recorder.Check("endurance.reuseShare", kept, "share", 0.9, $"reused-token share of the last {window} of {requests} shuffles of {ShuffleTrace.Documents} documents, of its peak over {window}; wanted: at least 0.9");
        recorder.Check("endurance.heldShare", held, "share", 0.5, "most blocks of the pool that the chunk index held; bound: 0.5");
    }
}

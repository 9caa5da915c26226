using System.Diagnostics;
using Kvasir.Benchmarks.Rag.Measures;
using Kvasir.Benchmarks.Rag.Workloads;
using Kvasir.Engine.Blending;
using Kvasir.Engine.Requests;
using Kvasir.KvCache.Blending;

namespace Kvasir.Benchmarks.Rag.Suites;

/// <summary>Prompts of a template, nothing marked: fragments of any length at any offset (KVShare) against blocks on a grid.</summary>
internal static class TemplateSuite
{
    private const int Grid = 64;
    private const int Lookups = 8;

    public static async Task RunAsync(RagSession session, RagRecorder recorder)
    {
        var quick = recorder.Options.Quick;
        List<double> ratios = [], shares = [], losses = [], speedups = [], lookups = [];
        foreach (var seed in recorder.Seeds)
        {
            await session.Engine.ClearCacheAsync().ConfigureAwait(false);
            var grid = new GridReuse(Grid);
            long found = 0, asked = 0;
            double right = 0, fullRight = 0, ttft = 0, fullTtft = 0, lookupMs = 0;
            var trace = TemplateTrace.Create(session.Frame, seed, quick ? 8 : 24, quick ? 20 : 120, quick ? 110 : 160);
            foreach (var prompt in trace)
            {
                var full = await session.AnswerAsync(RagSession.Full(prompt), cancellation: recorder.Cancellation).ConfigureAwait(false);
                var answer = await session.AnswerAsync(Fragments(prompt), cancellation: recorder.Cancellation).ConfigureAwait(false);
                grid.Add(prompt.Tokens);
                found += answer.Answer.Statistics.Blend?.BlendedTokens ?? 0;
                asked += prompt.Tokens.Length;
                right += ExactMatch.Holds(answer.Answer.Text, prompt.Accepted) ? 1.0 / trace.Count : 0;
                fullRight += ExactMatch.Holds(full.Answer.Text, prompt.Accepted) ? 1.0 / trace.Count : 0;
                ttft += answer.TtftMs;
                lookupMs += await LookupMsAsync(session, prompt).ConfigureAwait(false);
                fullTtft += full.TtftMs;
            }

            ratios.Add((double)found / Math.Max(Grid, grid.Tokens));
            shares.Add((double)found / asked);
            losses.Add(100 * (fullRight - right));
            speedups.Add(fullTtft / ttft);
            lookups.Add(lookupMs / fullTtft);
            recorder.Say(FormattableString.Invariant($"  seed {seed}: {asked} tokens, {found} in fragments, {grid.Tokens} in blocks of {Grid}; exact {right:0.00}, full {fullRight:0.00}"));
        }

        recorder.Check("kvshare.fragmentReuseRatio", ratios, "times", 1, $"tokens reused as fragments over tokens in {Grid}-token blocks on a grid (one, where there was none), misaligned templates; wanted: at least 1.5");
        recorder.Check("kvshare.fragmentShare", shares, "share", null, "of all prompt tokens that were reused as fragments");
        recorder.Check("kvshare.templateTtftRatio", speedups, "times", 1, "full recomputation against KVShare at 15 % with fragments, cold start included; wanted: at least 2");
        recorder.Check("kvshare.lookupShare", lookups, "share", 0.02, "time of the search for fragments, of the time of a full prefill; wanted: below 0.02");
        recorder.Check("kvshare.templateEmLoss", losses, "points", 0, "against full recomputation; wanted: at most 2");
    }

    /// <summary>Time of one search for fragments of earlier prompts over a whole prompt; the mean of several.</summary>
    private static Task<double> LookupMsAsync(RagSession session, RagPrompt prompt)
    {
        var scope = session.Scope!;
        return session.Engine.QueryAsync(loop =>
        {
            var begun = Stopwatch.GetTimestamp();
            for (var i = 0; i < Lookups; i++)
                loop.Chunks.FindFragments(scope, prompt.Tokens, 0, prompt.Tokens.Length - 1, []);
            return Stopwatch.GetElapsedTime(begun).TotalMilliseconds / Lookups;
        });
    }

    private static GenerationRequest Fragments(RagPrompt prompt) => new()
    {
        Prompt = prompt.Tokens,
        MaxTokens = RagSession.AnswerTokens,
        UsePrefixCache = false,
        Blending = new BlendRequest { Policy = new KvSharePolicy(0.15), Fragments = true },
    };
}

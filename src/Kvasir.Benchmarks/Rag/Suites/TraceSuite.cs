using Kvasir.Benchmarks.Rag.Measures;
using Kvasir.Benchmarks.Rag.Workloads;
using Kvasir.Engine.Blending;
using Kvasir.Engine.Requests;
using Kvasir.KvCache.Blending;

namespace Kvasir.Benchmarks.Rag.Suites;

/// <summary>A retrieval trace, request after request from an empty cache, once with each way of answering.</summary>
internal static class TraceSuite
{
    private const string Full = "full";
    private const string PrefixOnly = "prefix-only";
    private const string Craft = "cachecraft";
    private const string CraftToTheEnd = "cachecraft, never ends early";
    private const string Blend = "cacheblend 15 %";

    public static async Task RunAsync(RagSession session, RagRecorder recorder)
    {
        var quick = recorder.Options.Quick;
        var bySeed = new List<Dictionary<string, TraceTotals>>();
        foreach (var seed in recorder.Seeds)
        {
            var trace = quick
                ? ZipfTrace.Create(session.Frame, seed, 40, 24, 56, 112)
                : ZipfTrace.Create(session.Frame, seed, 200, 300, 128, 256);
            var alpha = recorder.Options.CraftAlpha;
            bySeed.Add(new Dictionary<string, TraceTotals>
            {
                [Full] = await RunAsync(session, trace, RagSession.Full, recorder.Cancellation).ConfigureAwait(false),
                [PrefixOnly] = await RunAsync(session, trace, prompt => RagSession.PrefixOnly(prompt, default), recorder.Cancellation).ConfigureAwait(false),
                [Craft] = await RunAsync(session, trace, prompt => Blended(prompt, new CacheCraftPolicy(alpha)), recorder.Cancellation).ConfigureAwait(false),
                [CraftToTheEnd] = await RunAsync(session, trace, prompt => Blended(prompt, new CacheCraftPolicy(alpha) { EndsEarly = false }), recorder.Cancellation).ConfigureAwait(false),
                [Blend] = await RunAsync(session, trace, prompt => Blended(prompt, new CacheBlendPolicy(0.15)), recorder.Cancellation).ConfigureAwait(false),
            });
            foreach (var (name, totals) in bySeed[^1])
            {
                recorder.Say(FormattableString.Invariant(
                    $"  {name,-28} exact {totals.Exact:0.000}  token-layers {(double)totals.TokenLayers / bySeed[^1][Full].TokenLayers:0.000}  TTFT {totals.TtftMs / totals.Requests:0} ms  reused {totals.ReusedTokens}, repaired {totals.RepairedTokens}, ended early {totals.TerminatedTokenLayers} token-layers"));
            }
        }

        Check("cachecraft.tokenLayersSaved", totals => 1 - ((double)totals[Craft].TokenLayers / totals[PrefixOnly].TokenLayers), "share", 0, "computed rows times layers on the Zipf trace against prefix caching; wanted: at least 0.4");
        Check("cachecraft.traceEmLoss", totals => 100 * (totals[Full].Exact - totals[Craft].Exact), "points", 0, "against full recomputation; wanted: at most 2");
        Check("cachecraft.traceTtftRatio", totals => totals[PrefixOnly].TtftMs / totals[Craft].TtftMs, "times", 1, "mean time to the first token, prefix caching against Cache-Craft; wanted: above 1");
        Check("cachecraft.earlyTermination", totals => (double)totals[Craft].TerminatedTokenLayers / Math.Max(1, totals[Craft].TerminatedTokenLayers + totals[Craft].RepairTokenLayers), "share", 0, "of the repair's token-layers; wanted: at least 0.1");
        Check("cachecraft.earlyTerminationEm", totals => 100 * (totals[CraftToTheEnd].Exact - totals[Craft].Exact), "points", 0, "exact match lost by ending early; wanted: at most 0.5");
        Check("cacheblend.traceTokenLayersSaved", totals => 1 - ((double)totals[Blend].TokenLayers / totals[PrefixOnly].TokenLayers), "share", 0, "the same as cachecraft.tokenLayersSaved, CacheBlend at 15 %");
        Check("cacheblend.traceEmLoss", totals => 100 * (totals[Full].Exact - totals[Blend].Exact), "points", 0, "against full recomputation");

        void Check(string name, Func<Dictionary<string, TraceTotals>, double> value, string unit, double? baseline, string note) =>
            recorder.Check(name, [.. bySeed.Select(value)], unit, baseline, note);
    }

    private static GenerationRequest Blended(RagPrompt prompt, IBlendPolicy policy) => new()
    {
        Prompt = prompt.Tokens,
        MaxTokens = RagSession.AnswerTokens,
        Blending = new BlendRequest { Policy = policy, Parts = RagSession.Parts(prompt) },
    };

    private static async Task<TraceTotals> RunAsync(
        RagSession session, IReadOnlyList<RagPrompt> trace, Func<RagPrompt, GenerationRequest> request, CancellationToken cancellation)
    {
        await session.Engine.ClearCacheAsync().ConfigureAwait(false);
        var totals = new TraceTotals();
        foreach (var prompt in trace)
        {
            var answer = await session.AnswerAsync(request(prompt), cancellation: cancellation).ConfigureAwait(false);
            totals.Add(session, answer, ExactMatch.Holds(answer.Answer.Text, prompt.Accepted));
        }

        return totals;
    }
}

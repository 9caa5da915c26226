using Kvasir.Benchmarks.Rag.Measures;
using Kvasir.Benchmarks.Rag.Policies;
using Kvasir.Benchmarks.Rag.Workloads;
using Kvasir.Engine;
using Kvasir.Engine.Tiers;
using Kvasir.KvCache.Blending;
using Kvasir.KvCache.Retention.Objects;
using Kvasir.KvCache.Tiers;
using Kvasir.KvCache.Tiers.Books;
using Kvasir.KvCache.Tiers.Host;
using Kvasir.KvCache.Tiers.Links;

namespace Kvasir.Benchmarks.Rag.Suites;

/// <summary>
/// Chunks that come from a tier behind a throttled link, in half of the time that computing them would take: repair should hide behind the
/// loading of the layers, and the controller should see how much of it does.
/// </summary>
internal static class LoadingSuite
{
    /// <summary>Time of the loads, of that of a full prefill: more than the repair takes, less than computing, so that loading is chosen.</summary>
    private const double LoadShare = 0.6;

    // Loads until the engine's estimate of the link, which begins with a guess, is the link's.
    private const int Learning = 16;

    private const long TierBytes = 1L << 30;

    // The link goes on while the threads that ask it wait for a processor, which repair has taken.
    private const double QueueSeconds = 0.008;

    private static readonly (string Name, IBlendPolicy Policy, bool MoreWhileLoading)[] Ways =
    [
        ("load only", new NaivePolicy(), false),
        ("15 % repaired", new CacheBlendPolicy(PolicyRows.Usual), false),
        ("controller", new CacheBlendPolicy(PolicyRows.Usual), true),
    ];

    public static async Task RunAsync(RagSession session, RagRecorder recorder)
    {
        var quick = recorder.Options.Quick;
        var (tokens, rounds) = quick ? (1_024, 3) : (2_048, 8);
        var prompt = LongPrompts.Create(session.Frame, 11, tokens);
        var bytes = await session.Engine.QueryAsync(loop => loop.Pool.Layout.BytesPerToken).ConfigureAwait(false) * (double)prompt.PartTokens;
        List<double> overheads = [], controlled = [], differences = [], withDepth = [], withOne = [];
        foreach (var _ in recorder.Seeds)
        {
            var full = await MeasureFullAsync(session, prompt, rounds, recorder.Cancellation).ConfigureAwait(false);
            var link = new LinkModel(bytes / (LoadShare * full), QueueSeconds: QueueSeconds);
            var times = await MeasureLoadsAsync(recorder, prompt, link, full, rounds).ConfigureAwait(false);
            overheads.Add((times["15 % repaired"].Seconds / times["load only"].Seconds) - 1);
            controlled.Add((times["controller"].Seconds / times["load only"].Seconds) - 1);

            var controller = new LoadingController(session.Layers, bytes / prompt.PartTokens / session.Layers, rows => full * rows / prompt.Tokens.Length);
            var usual = new EngineOptions();
            var room = usual.MaxBatchTokens - usual.MaxSequences - (prompt.Tokens.Length - prompt.PartTokens);
            var predicted = Math.Min(controller.ChooseRatio(prompt.PartTokens, link.BytesPerSecond), room / (double)prompt.PartTokens);
            differences.Add(Math.Abs(times["controller"].Repaired - predicted));
            recorder.Say(FormattableString.Invariant($"  full prefill {full * 1e3:0} ms, link {link.BytesPerSecond / 1e6:0.0} MB/s; repaired beside the loads: predicted {predicted:0.000}, done {times["controller"].Repaired:0.000}"));

            var computeLayer = controller.RecomputeSeconds(prompt.PartTokens, PolicyRows.Usual);
            var loadLayer = controller.LoadSeconds(prompt.PartTokens, link.BytesPerSecond);
            var depth = LoadingController.PreloadLayers(session.Layers, computeLayer, loadLayer);
            withDepth.Add(Stall(depth) / (session.Layers * loadLayer));
            withOne.Add(Stall(1) / (session.Layers * loadLayer));
            recorder.Say(FormattableString.Invariant($"  a layer loads in {loadLayer * 1e3:0.0} ms and is repaired in {computeLayer * 1e3:0.0} ms: {depth} of {session.Layers} layers first"));

            double Stall(int preloaded) => PreloadStall.Seconds(
                [.. Enumerable.Repeat(computeLayer, session.Layers)], [.. Enumerable.Repeat(loadLayer, session.Layers)], preloaded);
        }

        recorder.Check("cacheblend.loadingOverhead", overheads, "share", 0.05, $"time to the first token with 15 % repaired over that of loading alone, chunks behind a link that takes {LoadShare} of a full prefill; wanted: at most 0.05");
        recorder.Check("cacheblend.controllerOverhead", controlled, "share", 0.05, "the same with as much repair as the engine's controller believes to be free; wanted: at most 0.05");
        recorder.Check("cacheblend.loadingRatioError", differences, "share of rows", 0.1, "what the engine repaired beside the loads against what the controller predicts from a measured prefill and the link's rate, at most what has room in one step; no card gives a bound");
        recorder.Check("cachecraft.preloadStall", withDepth, "share of the loading", withOne.Average(), "waiting behind the formula's preload depth, measured layer times on a computed schedule (the engine begins with the first layers); baseline: one layer preloaded; wanted: below 0.05");
    }

    private static async Task<double> MeasureFullAsync(RagSession session, RagPrompt prompt, int rounds, CancellationToken cancellation)
    {
        var least = double.PositiveInfinity;
        for (var i = 0; i < rounds; i++)
            least = Math.Min(least, (await session.AnswerAsync(RagSession.Full(prompt) with { MaxTokens = 1 }, cancellation: cancellation).ConfigureAwait(false)).TtftMs / 1e3);
        return least;
    }

    /// <summary>Least time to the first token of each way, in turns, and the share of the rows that it repaired last.</summary>
    private static async Task<Dictionary<string, (double Seconds, double Repaired)>> MeasureLoadsAsync(
        RagRecorder recorder, RagPrompt prompt, LinkModel link, double fullSeconds, int rounds)
    {
        var tiers = new TierOptions
        {
            Scrub = false,
            LayersPerRecord = 1,
            Moves = new KvTierOptions { MaxPendingStores = 64, BusyShare = 1 },
            Further = geometry => [new LinkedTier(new HostTier(geometry, new TierLimits { CapacityBytes = TierBytes }, new LruPolicy()), link)],
        };
        using var session = await RagSession.OpenAsync(
            recorder.Options.Model, new EngineOptions { Threads = recorder.Options.Threads, KvBudgetBytes = recorder.Options.KvBytes, Tiers = tiers }).ConfigureAwait(false);
        await session.StoreAloneAsync(prompt, recorder.Cancellation).ConfigureAwait(false);
        if (!await session.Engine.FlushTiersAsync(TimeSpan.FromMinutes(2)).ConfigureAwait(false))
            throw new InvalidOperationException("the tier has not taken the chunks within two minutes");
        var best = Ways.ToDictionary(way => way.Name, _ => (Seconds: double.PositiveInfinity, Repaired: 0.0));
        for (var round = -Learning; round < rounds; round++)
        {
            foreach (var (name, policy, more) in round < 0 ? Ways[..1] : Ways)
            {
                // What computing costs is set to what was measured, so that this run tells about loads and not about learning.
                await session.Engine.QueryAsync(loop =>
                {
                    loop.Chunks.Clear();
                    loop.Tiers!.ComputeRate.Add(1e9, 1e9 * fullSeconds / prompt.Tokens.Length);
                    return true;
                }).ConfigureAwait(false);
                var request = RagSession.Blended(prompt, policy, RagScope.Alone) with { MaxTokens = 1 };
                var answer = await session.AnswerAsync(request with { Blending = request.Blending! with { MoreWhileLoading = more } }, cancellation: recorder.Cancellation).ConfigureAwait(false);
                var blend = answer.Answer.Statistics.Blend!;
                if (blend.LoadedTokens < prompt.PartTokens)
                    recorder.Say($"  {name}: {blend.LoadedTokens} of {prompt.PartTokens} tokens were loaded");
                else if (round >= 0)
                    best[name] = (Math.Min(best[name].Seconds, answer.TtftMs / 1e3), (double)blend.RepairedTokens / blend.BlendedTokens);
            }
        }

        foreach (var (name, (seconds, repaired)) in best)
            recorder.Say(FormattableString.Invariant($"  {name,-16} {seconds * 1e3:0} ms, {repaired:0.000} repaired"));
        return best;
    }
}

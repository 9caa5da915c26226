using Kvasir.Benchmarks.Measures;
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

    private static readonly Way[] Repairs =
    [
        new("load only", new NaivePolicy()),
        new("15 % repaired", new CacheBlendPolicy(PolicyRows.Usual)),
        new("controller", new CacheBlendPolicy(PolicyRows.Usual), MoreWhileLoading: true),
    ];

    // Nothing is known of what loaded chunks looked at, so α of the rows is repaired.
    private static readonly Way[] Preloads = [new("cachecraft", new CacheCraftPolicy(PolicyRows.Usual))];

    public static async Task RunAsync(RagSession session, RagRecorder recorder)
    {
        var quick = recorder.Options.Quick;
        var (tokens, rounds) = quick ? (1_024, 3) : (2_048, 8);
        var prompt = LongPrompts.Create(session.Frame, 11, tokens);
        var bytes = await session.Engine.QueryAsync(loop => loop.Pool.Layout.BytesPerToken).ConfigureAwait(false) * (double)prompt.PartTokens;
        List<double> overheads = [], controlled = [], differences = [], withDepth = [], withOne = [], delays = [];
        foreach (var _ in recorder.Seeds)
        {
            var full = await MeasureFullAsync(session, prompt, rounds, recorder.Cancellation).ConfigureAwait(false);
            var link = new LinkModel(bytes / (LoadShare * full), QueueSeconds: QueueSeconds);
            var times = await MeasureLoadsAsync(recorder, prompt, link, full, rounds, Repairs, PreloadDepth.FirstLayersWhenAlone).ConfigureAwait(false);
            overheads.Add((times["15 % repaired"].Seconds / times["load only"].Seconds) - 1);
            controlled.Add((times["controller"].Seconds / times["load only"].Seconds) - 1);

            var controller = new LoadingController(session.Layers, bytes / prompt.PartTokens / session.Layers, rows => full * rows / prompt.Tokens.Length);
            var usual = new EngineOptions();
            var room = usual.MaxBatchTokens - usual.MaxSequences - (prompt.Tokens.Length - prompt.PartTokens);
            var predicted = Math.Min(controller.ChooseRatio(prompt.PartTokens, link.BytesPerSecond), room / (double)prompt.PartTokens);
            differences.Add(Math.Abs(times["controller"].Repaired - predicted));
            recorder.Say(FormattableString.Invariant($"  full prefill {full * 1e3:0} ms, link {link.BytesPerSecond / 1e6:0.0} MB/s; repaired beside the loads: predicted {predicted:0.000}, done {times["controller"].Repaired:0.000}"));

            var early = (await MeasureLoadsAsync(recorder, prompt, link, full, rounds, Preloads, PreloadDepth.FirstLayersWhenAlone).ConfigureAwait(false))["cachecraft"];
            var deep = (await MeasureLoadsAsync(recorder, prompt, link, full, rounds, Preloads, PreloadDepth.Always).ConfigureAwait(false))["cachecraft"];
            withDepth.Add(deep.Stalled / link.Seconds((long)bytes));
            withOne.Add(early.Stalled / link.Seconds((long)bytes));
            delays.Add((deep.Seconds / early.Seconds) - 1);
        }

        recorder.Check("cacheblend.loadingOverhead", overheads, "share", 0.05, $"time to the first token with 15 % repaired over that of loading alone, chunks behind a link that takes {LoadShare} of a full prefill; wanted: at most 0.05");
        recorder.Check("cacheblend.controllerOverhead", controlled, "share", 0.05, "the same with as much repair as the engine's controller believes to be free; wanted: at most 0.05");
        recorder.Check("cacheblend.loadingRatioError", differences, "share of rows", 0.1, "what the engine repaired beside the loads against what the controller predicts from a measured prefill and the link's rate, at most what has room in one step; no card gives a bound");
        recorder.Check("cachecraft.preloadStall", withDepth, "share of the loading", withOne.Average(), "time in which a step waited for layers with the formula's preload depth; baseline: begun with the first layer; wanted: below 0.05");
        recorder.Check("cachecraft.preloadDelay", delays, "share", 0, "time to the first token with the preload depth over that of beginning with the first layer; no card gives a bound");
    }

    private static async Task<double> MeasureFullAsync(RagSession session, RagPrompt prompt, int rounds, CancellationToken cancellation)
    {
        var least = double.PositiveInfinity;
        for (var i = 0; i < rounds; i++)
            least = Math.Min(least, (await session.AnswerAsync(RagSession.Full(prompt) with { MaxTokens = 1 }, cancellation: cancellation).ConfigureAwait(false)).TtftMs / 1e3);
        return least;
    }

    /// <summary>Measures each way, in turns.</summary>
    private static async Task<Dictionary<string, LoadTimes>> MeasureLoadsAsync(
        RagRecorder recorder, RagPrompt prompt, LinkModel link, double fullSeconds, int rounds, Way[] ways, PreloadDepth preload)
    {
        var tiers = new TierOptions
        {
            Scrub = false,
            LayersPerRecord = 1,
            Preload = preload,
            Moves = new KvTierOptions { MaxPendingStores = 64, BusyShare = 1 },
            Further = geometry => [new LinkedTier(new HostTier(geometry, new TierLimits { CapacityBytes = TierBytes }, new LruPolicy()), link)],
        };
        using var session = await RagSession.OpenAsync(
            recorder.Options.Model, new EngineOptions { Threads = recorder.Options.Threads, KvBudgetBytes = recorder.Options.KvBytes, Tiers = tiers }).ConfigureAwait(false);
        await session.StoreAloneAsync(prompt, recorder.Cancellation).ConfigureAwait(false);
        if (!await session.Engine.FlushTiersAsync(TimeSpan.FromMinutes(2)).ConfigureAwait(false))
            throw new InvalidOperationException("the tier has not taken the chunks within two minutes");
        var times = ways.ToDictionary(way => way.Name, _ => new LoadTimes());
        for (var round = -Learning; round < rounds; round++)
        {
            foreach (var (name, policy, more) in round < 0 ? Repairs[..1] : ways)
            {
                // What computing costs is set to what was measured, so that this run tells about loads and not about learning.
                var before = await session.Engine.QueryAsync(loop =>
                {
                    loop.Chunks.Clear();
                    loop.Tiers!.ComputeRate.Add(1e9, 1e9 * fullSeconds / prompt.Tokens.Length);
                    return loop.Tiers.Counters.Stalled;
                }).ConfigureAwait(false);
                var request = RagSession.Blended(prompt, policy, RagScope.Alone) with { MaxTokens = 1 };
                var answer = await session.AnswerAsync(request with { Blending = request.Blending! with { MoreWhileLoading = more } }, cancellation: recorder.Cancellation).ConfigureAwait(false);
                var blend = answer.Answer.Statistics.Blend!;
                if (blend.LoadedTokens < prompt.PartTokens)
                    recorder.Say($"  {name}: {blend.LoadedTokens} of {prompt.PartTokens} tokens were loaded");
                else if (round >= 0)
                    times[name].Add(answer.TtftMs / 1e3, await session.Engine.QueryAsync(loop => (loop.Tiers!.Counters.Stalled - before).TotalSeconds).ConfigureAwait(false), (double)blend.RepairedTokens / blend.BlendedTokens);
            }
        }

        foreach (var (name, time) in times)
            recorder.Say(FormattableString.Invariant($"  {name,-16} {time.Seconds * 1e3:0} ms, of these {time.Stalled * 1e3:0} waiting in a step ({preload}), {time.Repaired:0.000} repaired"));
        return times;
    }

    private sealed record Way(string Name, IBlendPolicy Policy, bool MoreWhileLoading = false);

    private sealed class LoadTimes
    {
        private readonly List<double> _seconds = [];
        private readonly List<double> _stalls = [];

        /// <summary>Least time to the first token.</summary>
        public double Seconds => _seconds.Min();

        /// <summary>Median of the times in which a step waited for layers, seconds.</summary>
        public double Stalled => Samples.Median(_stalls);

        /// <summary>Share of the rows that was repaired last.</summary>
        public double Repaired { get; private set; }

        public void Add(double seconds, double stalled, double repaired)
        {
            _seconds.Add(seconds);
            _stalls.Add(stalled);
            Repaired = repaired;
        }
    }
}

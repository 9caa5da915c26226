using System.Globalization;
using Kvasir.Benchmarks.Pressure;

namespace Kvasir.Benchmarks.Peers;

/// <summary>
/// Lets contestants do a check in turns, one directly behind the other, so that whatever the machine does in the meantime meets all of
/// them alike.
/// </summary>
internal sealed class TurnRunner(
    PeerBenchmarkOptions options, ModelShape shape, int context, IReadOnlyList<IContestant> contestants, PressureWatch watch, IProgress<string>? progress)
{
    /// <summary>Larger sizes are timed less often, and in a quick run with one number of threads.</summary>
    private const int LongSize = 2048;

    private readonly Dictionary<(IContestant Contestant, CheckKind Kind), int> _betterThreads = [];
    private readonly Dictionary<IContestant, string> _failures = [];

    /// <summary>Runs a check.</summary>
    /// <exception cref="OperationCanceledException">It was ended before it was complete.</exception>
    public async Task<PeerCheck> RunAsync(TurnCheck check, CancellationToken cancellation)
    {
        var isLong = check.Kind != CheckKind.Batch && check.Size >= LongSize;
        var lanes = contestants.Where(contestant => contestant.TakesPart(check.Name) && !_failures.ContainsKey(contestant))
            .SelectMany(contestant => ThreadsFor(contestant, check, isLong).Select(threads => new Lane(contestant, threads)))
            .OrderBy(lane => lane.Threads)
            .ToArray();
        var meter = new PressureMeter();
        var rounds = !isLong ? options.Rounds : check.Kind == CheckKind.Prefill ? options.LongPrefillRounds : options.LongDecodeRounds;

        // The first round is not counted: it loads, compiles and fills caches. Long prefills do that while they run.
        for (var round = check.Kind == CheckKind.Prefill && isLong ? 1 : 0; round <= rounds; round++)
        {
            // Who comes first takes turns too.
            foreach (var lane in round % 2 == 0 ? lanes : lanes.Reverse())
                await TakeTurnAsync(check, lane, counted: round > 0, meter, cancellation).ConfigureAwait(false);
        }

        watch.Total.Add(meter);
        return Report(check, lanes, meter);
    }

    private async Task TakeTurnAsync(TurnCheck check, Lane lane, bool counted, PressureMeter meter, CancellationToken cancellation)
    {
        if (_failures.ContainsKey(lane.Contestant))
            return;
        var turn = check.Turn(options.AnswerTokens, lane.Threads, context, shape.VocabSize);
        try
        {
            var time = await TimeAsync(turn, lane, counted ? meter : null, cancellation).ConfigureAwait(false);
            if (counted)
                lane.Values.Add(check.Rate(turn, time));
        }
        catch (PeerException exception)
        {
            _failures[lane.Contestant] = $"{lane.Contestant.Name} failed in {check.Name} and is left out from there on: {exception.Message}";
            progress?.Report(_failures[lane.Contestant]);
        }
    }

    /// <summary>Times a turn; one in which others disturbed is done again, as often as is allowed.</summary>
    private async Task<TurnTime> TimeAsync(Turn turn, Lane lane, PressureMeter? meter, CancellationToken cancellation)
    {
        for (var repeats = 0; ; repeats++)
        {
            // Threads of the one before may still spin for a while.
            await Task.Delay(options.Pause, cancellation).ConfigureAwait(false);
            var before = watch.Read();
            var time = await lane.Contestant.RunAsync(turn, cancellation).ConfigureAwait(false);
            if (meter is null)
                return time;
            var window = new PressureMeter();
            window.Add(before, watch.Read());
            if (window.Share().Valid == false && repeats < options.RepeatDisturbed)
                continue;
            meter.Add(window);
            return time;
        }
    }

    private IEnumerable<int> ThreadsFor(IContestant contestant, TurnCheck check, bool isLong) =>
        options.Quick && isLong ? [_betterThreads.GetValueOrDefault((contestant, check.Kind), options.Threads.Max())] : options.Threads;

    private PeerCheck Report(TurnCheck check, Lane[] lanes, PressureMeter meter)
    {
        var best = contestants.ToDictionary(contestant => contestant, contestant => Lane.BestOf(lanes.Where(lane => lane.Contestant == contestant)));
        foreach (var (contestant, lane) in best)
        {
            if (lane is not null)
                _betterThreads[(contestant, check.Kind)] = lane.Threads;
        }

        var kvasir = best[contestants[0]];
        var peer = Lane.BestOf(contestants.Skip(1).Select(contestant => best[contestant]).OfType<Lane>());
        var turn = check.Turn(options.AnswerTokens, 1, context, shape.VocabSize);
        progress?.Report(string.Create(
            CultureInfo.InvariantCulture,
            $"{check.Name}: {string.Join(", ", lanes.Where(lane => lane.Values.Count > 0).Select(lane => string.Create(CultureInfo.InvariantCulture, $"{lane.Contestant.Name} {lane.Median:0.0} ({lane.Threads}t)")))} tokens/s"));
        return new PeerCheck
        {
            Name = check.Name,
            Unit = "tokens/s",
            Kvasir = kvasir?.Median,
            KvasirBest = kvasir?.Best,
            KvasirThreads = kvasir?.Threads,
            Peer = peer?.Median,
            PeerBest = peer?.Best,
            PeerThreads = peer?.Threads,
            PeerName = peer?.Contestant.Name,
            Pressure = meter.Share(),
            Step = (check.Work(shape, turn), check.TokensPerStep(turn)),
            Note = Note(check, turn),
        };
    }

    private string? Note(TurnCheck check, Turn turn)
    {
        string[] notes =
        [
            .. check.Kind != CheckKind.Batch && turn.PromptTokens < check.Size
                ? (string[])[string.Create(CultureInfo.InvariantCulture, $"a prompt of {turn.PromptTokens} tokens, so that the answer fits the context of {context}")]
                : [],
            .. _failures.Values,
        ];
        return notes.Length == 0 ? null : string.Join("; ", notes);
    }
}

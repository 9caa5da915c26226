using Kvasir.Engine.Scheduling;

namespace Kvasir.Benchmarks.Rag.Scheduling;

/// <summary>
/// The engine's queue without the engine: steps of a modelled length, filled in the order of the product's own scheduling policy while rows
/// and places last. A trace of many minutes costs no time, and is the same on every machine.
/// </summary>
/// <param name="policy">The policy.</param>
internal sealed class QueueSimulation(ISchedulingPolicy policy)
{
    /// <summary>Seconds that a step takes however few rows it has.</summary>
    public const double StepSeconds = 0.004;

    /// <summary>Seconds that a row of a step takes.</summary>
    public const double RowSeconds = 0.0002;

    private const int MaxRows = 512;
    private const int MaxRunning = 16;

    private readonly List<QueuedRequest> _running = [];
    private readonly List<QueuedRequest> _waiting = [];
    private readonly Dictionary<QueuedRequest, long> _arrivals = [];

    /// <summary>Runs a trace, ascending by arrival.</summary>
    /// <returns>When the last answer was done, seconds.</returns>
    public double Run(IReadOnlyList<QueuedRequest> trace)
    {
        var (now, next) = (0.0, 0);
        var order = new List<ScheduleEntry>();
        while (next < trace.Count || _running.Count + _waiting.Count > 0)
        {
            if (_running.Count + _waiting.Count == 0)
                now = Math.Max(now, trace[next].ArrivalSeconds);
            for (; next < trace.Count && trace[next].ArrivalSeconds <= now; next++)
            {
                _arrivals.Add(trace[next], next);
                _waiting.Add(trace[next]);
            }

            QueuedRequest[] candidates = [.. _running, .. _waiting];
            order.Clear();
            policy.Order([.. candidates.Select((request, index) => Snapshot(request, index, now))], MaxRows, order);
            now = Step(candidates, order, now);
        }

        return now;
    }

    private SequenceSnapshot Snapshot(QueuedRequest request, int index, double now) =>
        new(index, _arrivals[request], request.Running, request.Running ? Math.Max(1, request.Left) : request.Prompt, 0, 0, 0)
        {
            ResidualTokens = Math.Max(1, request.Left),
            WaitSeconds = request.Running ? 0 : now - request.ArrivalSeconds,
        };

    private double Step(QueuedRequest[] candidates, List<ScheduleEntry> order, double now)
    {
        var rowsLeft = MaxRows;
        var work = new List<(QueuedRequest Request, int Rows)>();
        foreach (var entry in order)
        {
            var request = candidates[entry.Index];
            if (rowsLeft == 0 || (!request.Running && _running.Count == MaxRunning))
                break;
            if (!request.Running)
            {
                request.Running = true;
                _waiting.Remove(request);
                _running.Add(request);
            }

            var rows = Math.Min(Math.Min(entry.MaxRows, rowsLeft), Math.Max(1, request.Left));
            work.Add((request, rows));
            rowsLeft -= rows;
        }

        now += StepSeconds + (RowSeconds * (MaxRows - rowsLeft));
        foreach (var (request, rows) in work)
        {
            request.Left = Math.Max(0, request.Left - rows);
            if (request.Left > 0)
                continue;
            if (double.IsNaN(request.TtftSeconds))
                request.TtftSeconds = now - request.ArrivalSeconds;
            if (--request.AnswerLeft == 0)
                _running.Remove(request);
        }

        _running.Sort((one, other) => _arrivals[one].CompareTo(_arrivals[other]));
        return now;
    }
}

using Kvasir.Engine.Scheduling;

namespace Kvasir.Engine.Tests.Scheduling;

/// <summary>
/// A server that does nothing but steps of a modelled length, filled as the engine fills them: in the order of the policy, while rows and
/// places last.
/// </summary>
internal sealed class SchedulingSimulation(ISchedulingPolicy policy)
{
    private const int MaxBatchTokens = 512;
    private const int MaxSequences = 16;
    private const double StepSeconds = 0.004;
    private const double RowSeconds = 0.0002;

    private readonly List<SimulatedRequest> _running = [];
    private readonly List<SimulatedRequest> _waiting = [];

    /// <summary>Runs a trace, ascending by arrival, and returns when the last answer was done.</summary>
    public double Run(IReadOnlyList<SimulatedRequest> trace)
    {
        var now = 0.0;
        var next = 0;
        var arrivals = trace.Select((request, index) => (request, index)).ToDictionary(pair => pair.request, pair => (long)pair.index);
        var order = new List<ScheduleEntry>();
        while (next < trace.Count || _running.Count + _waiting.Count > 0)
        {
            if (_running.Count + _waiting.Count == 0)
                now = Math.Max(now, trace[next].ArrivalSeconds);
            for (; next < trace.Count && trace[next].ArrivalSeconds <= now; next++)
                _waiting.Add(trace[next]);
            _running.Sort((one, other) => arrivals[one].CompareTo(arrivals[other]));
            SimulatedRequest[] candidates = [.. _running, .. _waiting];
            order.Clear();
            policy.Order([.. candidates.Select((request, index) => Snapshot(request, index, arrivals[request], now))], MaxBatchTokens, order);
            now = Step(candidates, order, now);
        }

        return now;
    }

    private static SequenceSnapshot Snapshot(SimulatedRequest request, int index, long arrival, double now) =>
        new(index, arrival, request.Running, request.Running ? Math.Max(1, request.Left) : request.Prompt, 0, 0, 0)
        {
            ResidualTokens = Math.Max(1, request.Left),
            WaitSeconds = request.Running ? 0 : now - request.ArrivalSeconds,
        };

    private double Step(SimulatedRequest[] candidates, List<ScheduleEntry> order, double now)
    {
        var budget = MaxBatchTokens;
        var work = new List<(SimulatedRequest Request, int Rows)>();
        foreach (var entry in order)
        {
            var request = candidates[entry.Index];
            if (budget == 0 || (!request.Running && _running.Count == MaxSequences))
                break;
            if (!request.Running)
            {
                request.Running = true;
                request.AdmittedSeconds = now;
                _waiting.Remove(request);
                _running.Add(request);
            }

            var rows = Math.Min(Math.Min(entry.MaxRows, budget), Math.Max(1, request.Left));
            work.Add((request, rows));
            budget -= rows;
        }

        now += StepSeconds + (RowSeconds * (MaxBatchTokens - budget));
        foreach (var (request, rows) in work)
        {
            request.Left = Math.Max(0, request.Left - rows);
            if (request.Left > 0)
                continue;
            request.FirstTokenSeconds = double.IsNaN(request.FirstTokenSeconds) ? now : request.FirstTokenSeconds;
            if (--request.AnswerLeft == 0)
                _running.Remove(request);
        }

        return now;
    }
}

using Kvasir.Benchmarks.Rag.Scheduling;
using Kvasir.Engine.Scheduling;

namespace Kvasir.Benchmarks.Rag.Suites;

/// <summary>
/// KVShare's cache-aware scheduling against first come, first served, on a <see cref="QueueTrace"/>. The policy is the product's; the server is
/// simulated (<see cref="QueueSimulation"/>).
/// </summary>
internal static class QueueSuite
{
    private const double AgingSeconds = 5;
    private const double Load = 0.8;

    public static Task RunAsync(RagSession session, RagRecorder recorder)
    {
        var count = recorder.Options.Quick ? 800 : 3000;
        List<double> means = [], tails = [], ends = [], unaged = [];
        foreach (var seed in recorder.Seeds)
        {
            recorder.Cancellation.ThrowIfCancellationRequested();
            var (fair, aware, greedy) = (QueueTrace.Create(seed, count, Load), QueueTrace.Create(seed, count, Load), QueueTrace.Create(seed, count, Load));
            var fairEnd = new QueueSimulation(new FirstComeScheduling()).Run(fair);
            ends.Add(fairEnd / new QueueSimulation(new CacheAwareScheduling(AgingSeconds)).Run(aware));
            new QueueSimulation(new CacheAwareScheduling(agingSeconds: 1e9)).Run(greedy);
            means.Add(1 - (Mean(aware) / Mean(fair)));
            tails.Add(ColdTail(aware) / ColdTail(fair));
            unaged.Add(ColdTail(greedy) / ColdTail(fair));
        }

        var server = FormattableString.Invariant($"simulated server, {QueueSimulation.StepSeconds * 1e3} ms a step and {QueueSimulation.RowSeconds * 1e3} ms a row, {count} requests at {Load:P0} load");
        recorder.Check("kvshare.schedulerTtftSaved", means, "share", 0.15, $"mean time to the first token, cache-aware with aging of {AgingSeconds} s against first come, first served; {server}; wanted: at least 0.15");
        recorder.Check("kvshare.schedulerColdTail", tails, "ratio", unaged.Average(), "99th percentile of cold requests against first come, first served; baseline: without aging; wanted: at most 1.5");
        recorder.Check("kvshare.schedulerThroughput", ends, "ratio", 1, "requests a second against first come, first served");
        return Task.CompletedTask;
    }

    private static double Mean(IEnumerable<QueuedRequest> trace) => trace.Average(request => request.TtftSeconds);

    private static double ColdTail(IEnumerable<QueuedRequest> trace)
    {
        double[] cold = [.. trace.Where(request => request.Residual > QueueTrace.Prompt / 4).Select(request => request.TtftSeconds).Order()];
        return cold[(int)(cold.Length * 0.99)];
    }
}

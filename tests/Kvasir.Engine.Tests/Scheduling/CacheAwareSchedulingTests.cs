using Kvasir.Engine.Scheduling;

namespace Kvasir.Engine.Tests.Scheduling;

public sealed class CacheAwareSchedulingTests
{
    private const int MaxRows = 64;

    [Fact]
    public void RunningOnesAreFirst_ThenWaitingOnesByResidualWork_ThenByArrival()
    {
        SequenceSnapshot[] sequences =
        [
            Running(0, 10, pending: 50), Running(1, 11, pending: 1), Running(2, 12, pending: 9),
            Waiting(3, 13, 400), Waiting(4, 14, 20), Waiting(5, 15, 90), Waiting(6, 16, 20),
        ];
        Assert.Equal([new(1, 1), new(0, MaxRows), new(2, MaxRows), new(4, MaxRows), new(6, MaxRows), new(5, MaxRows), new(3, MaxRows)], Order(5, sequences));
    }

    [Fact]
    public void ResidualWork_IsThePrompt_WhenNobodyHasLooked()
    {
        Assert.Equal(70, new SequenceSnapshot(0, 0, false, 70, 0, 0, 0).ResidualTokens);
        Assert.Equal(0, (new SequenceSnapshot(0, 0, false, 70, 0, 0, 0) with { ResidualTokens = 0 }).ResidualTokens);
        SequenceSnapshot[] sequences = [new(0, 0, false, 70, 0, 0, 0), new(1, 1, false, 60, 0, 0, 0)];
        Assert.Equal([1, 0], Order(5, sequences).Select(entry => entry.Index));
    }

    [Fact]
    public void Waiting_TakesAwayResidualWork_UntilNoneCounts()
    {
        // τ = 10 s: 1000 tokens after 9 s count like 100; 300 after 6 s like 120; 110 at once like 110.
        Assert.Equal([0, 2, 1], Order(10, Waiting(0, 0, 1000, 9), Waiting(1, 1, 300, 6), Waiting(2, 2, 110, 0)).Select(entry => entry.Index));
        // After τ arrival decides, however long the prompt and the waiting, also against one without residual work.
        Assert.Equal([0, 1, 2], Order(10, Waiting(0, 0, 9000, 10), Waiting(1, 1, 1, 500), Waiting(2, 2, 0, 0)).Select(entry => entry.Index));
    }

    [Fact]
    public void LatestRunningArrival_GivesWay()
    {
        var policy = new CacheAwareScheduling();
        Assert.Equal(4, policy.ChooseVictim([Running(7, 3, 1), Running(4, 9, 1), Running(2, 8, 5), Waiting(1, 12, 9)]));
        Assert.Equal("cache-aware", policy.Name);
        Assert.Throws<ArgumentOutOfRangeException>(() => new CacheAwareScheduling(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CacheAwareScheduling(double.NaN));
    }

    [Fact]
    public void RandomSnapshots_AreOrderedCompletely()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var running = random.Next(8);
            SequenceSnapshot[] sequences =
            [
                .. Enumerable.Range(0, running).Select(i => Running(i, i * 3, 1 + (random.Next(2) * random.Next(40)))),
                .. Enumerable.Range(running, random.Next(20)).Select(i => Waiting(i, i * 3, random.Next(0, 5) * 100, random.Next(0, 8))),
            ];
            var expected = sequences.OrderBy(sequence => !sequence.Running ? 2 : sequence.PendingRows > 1 ? 1 : 0)
                .ThenBy(sequence => sequence.Running ? 0 : sequence.ResidualTokens * Math.Max(0, 1 - (sequence.WaitSeconds / 4)))
                .ThenBy(sequence => sequence.Arrival).Select(sequence => sequence.Index);
            Assert.True(expected.SequenceEqual(Order(4, sequences).Select(entry => entry.Index)), $"seed {seed}");
        }
    }

    [Fact]
    public void Order_AllocatesNothing()
    {
        SequenceSnapshot[] sequences = [Running(0, 0, 5), Running(1, 1, 1), Waiting(2, 2, 7), Waiting(3, 3, 6), Waiting(4, 4, 5)];
        var policy = new CacheAwareScheduling();
        var order = new List<ScheduleEntry>(8);
        policy.Order(sequences, MaxRows, order);
        order.Clear();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            policy.Order(sequences, MaxRows, order);
            order.Clear();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static List<ScheduleEntry> Order(double agingSeconds, params SequenceSnapshot[] sequences)
    {
        var order = new List<ScheduleEntry>();
        new CacheAwareScheduling(agingSeconds).Order(sequences, MaxRows, order);
        return order;
    }

    private static SequenceSnapshot Running(int index, long arrival, int pending) => new(index, arrival, true, pending, 20, 2, 0);

    private static SequenceSnapshot Waiting(int index, long arrival, int residual, double seconds = 0) =>
        new(index, arrival, false, 5000, 0, 0, 0) { ResidualTokens = residual, WaitSeconds = seconds };
}

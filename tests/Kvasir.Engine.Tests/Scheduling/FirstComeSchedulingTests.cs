using Kvasir.Engine.Scheduling;

namespace Kvasir.Engine.Tests.Scheduling;

public sealed class FirstComeSchedulingTests
{
    private const int MaxRows = 64;

    [Fact]
    public void DecodingComesFirst_ThenRunningPrompts_ThenWaitingOnes_EachByArrival()
    {
        SequenceSnapshot[] sequences =
        [
            Running(0, arrival: 10, pending: 50), Running(1, arrival: 11, pending: 1), Running(2, arrival: 12, pending: 2), Running(3, arrival: 13, pending: 1),
            Waiting(4, arrival: 5, pending: 1), Waiting(5, arrival: 14, pending: 30),
        ];
        var order = new List<ScheduleEntry>();
        new FirstComeScheduling().Order(sequences, MaxRows, order);
        Assert.Equal([new(1, 1), new(3, 1), new(0, MaxRows), new(2, MaxRows), new(4, MaxRows), new(5, MaxRows)], order);
    }

    [Fact]
    public void RandomSnapshots_AreOrderedCompletelyAndByClassAndArrival()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var running = random.Next(8);
            var sequences = Enumerable.Range(0, running).Select(i => Running(i, i * 3, 1 + (random.Next(2) * random.Next(40))))
                .Concat(Enumerable.Range(running, random.Next(8)).Select(i => Waiting(i, i * 3, random.Next(1, 40)))).ToArray();
            var order = new List<ScheduleEntry>();
            new FirstComeScheduling().Order(sequences, MaxRows, order);
            var expected = sequences.OrderBy(sequence => !sequence.Running ? 2 : sequence.PendingRows > 1 ? 1 : 0).ThenBy(sequence => sequence.Arrival);
            Assert.True(expected.Select(sequence => sequence.Index).SequenceEqual(order.Select(entry => entry.Index)), $"seed {seed}");
        }
    }

    [Fact]
    public void LatestRunningArrival_GivesWay()
    {
        var policy = new FirstComeScheduling();
        Assert.Equal(4, policy.ChooseVictim([Running(7, 3, 1), Running(4, 9, 1), Running(2, 8, 5), Waiting(1, 12, 9)]));
        Assert.Equal(7, policy.ChooseVictim([Running(7, 0, 1)]));
        Assert.Equal(-1, policy.ChooseVictim([Waiting(1, 12, 9)]));
    }

    [Fact]
    public void Order_AllocatesNothing()
    {
        SequenceSnapshot[] sequences = [Running(0, 0, 5), Running(1, 1, 1), Waiting(2, 2, 7)];
        var policy = new FirstComeScheduling();
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

    private static SequenceSnapshot Running(int index, long arrival, int pending) => new(index, arrival, true, pending, 20, 2, 0);

    private static SequenceSnapshot Waiting(int index, long arrival, int pending) => new(index, arrival, false, pending, 0, 0, 0);
}

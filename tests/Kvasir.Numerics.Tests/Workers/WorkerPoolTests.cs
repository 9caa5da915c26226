using Kvasir.Numerics.Workers;

namespace Kvasir.Numerics.Tests.Workers;

public sealed unsafe class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void EveryItem_IsDoneOnce(int threads)
    {
        using var pool = new WorkerPool(threads);
        foreach (int items in new[] { 0, 1, 2, threads - 1, threads, threads + 1, 100, 1001 })
        {
            var done = new int[items];
            var worker = new int[items];
            var job = new MarkJob { Done = done, Worker = worker };
            pool.Run(ref job, items);
            Assert.All(done, count => Assert.Equal(1, count));
            Assert.All(worker, w => Assert.InRange(w, 0, threads - 1));
        }
    }

    [Fact]
    public void Parts_AreTheSameEveryTime_WhoeverTakesThem()
    {
        using var pool = new WorkerPool(3);
        int[]? first = null;
        for (int round = 0; round < 200; round++)
        {
            var starts = new int[64];
            var job = new StartJob { Starts = starts };
            pool.Run(ref job, 64);
            first ??= starts;
            Assert.Equal(first, starts);
        }

        Assert.Equal(24, first!.Distinct().Count());
    }

    [Fact]
    public void ManyShortJobs_OfChangingSize_NeverMissAnItem()
    {
        using var pool = new WorkerPool(4);
        var random = new Random(7);
        for (int round = 0; round < 5000; round++)
        {
            int items = random.Next(1, 6);
            var job = new MarkJob { Done = new int[items], Worker = new int[items] };
            pool.Run(ref job, items);
            Assert.All(job.Done, count => Assert.Equal(1, count));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void AWorkersException_ReachesTheCaller_AndThePoolGoesOn(int failing)
    {
        using var pool = new WorkerPool(3);
        var bad = new FailJob { FailingItem = failing };
        var thrown = Assert.ThrowsAny<Exception>(() => pool.Run(ref bad, 3));
        Assert.Contains($"item {failing}", thrown.ToString(), StringComparison.Ordinal);

        var job = new MarkJob { Done = new int[9], Worker = new int[9] };
        pool.Run(ref job, 9);
        Assert.All(job.Done, count => Assert.Equal(1, count));
    }

    [Fact]
    public void Run_AllocatesNothing()
    {
        using var pool = new WorkerPool(3);
        float* sums = stackalloc float[3];
        var job = new SumJob { Sums = sums };
        pool.Run(ref job, 3);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            pool.Run(ref job, 3);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(1001f, sums[2]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void ThreadCount_MustBePositive(int threads) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new WorkerPool(threads));

    private struct MarkJob : IParallelJob
    {
        public int[] Done;
        public int[] Worker;

        public readonly void Execute(int worker, int start, int end)
        {
            for (int i = start; i < end; i++)
            {
                Interlocked.Increment(ref Done[i]);
                Worker[i] = worker;
            }
        }
    }

    private struct FailJob : IParallelJob
    {
        public int FailingItem;

        public readonly void Execute(int worker, int start, int end)
        {
            if (FailingItem >= start && FailingItem < end)
                throw new InvalidOperationException($"item {FailingItem} fails on purpose");
        }
    }

    private struct StartJob : IParallelJob
    {
        public int[] Starts;

        public readonly void Execute(int worker, int start, int end) => Starts.AsSpan(start, end - start).Fill(start);
    }

    private struct SumJob : IParallelJob
    {
        public float* Sums;

        public readonly void Execute(int worker, int start, int end)
        {
            for (int i = start; i < end; i++)
                Sums[i]++;
        }
    }
}

using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tables;
using Kvasir.KvCache.Tests.Support;
using Kvasir.KvCache.Tests.Tables;
using Kvasir.KvCache.Virtual;

namespace Kvasir.KvCache.Tests.Virtual;

public sealed class VirtualKvTableTests
{
    [LinuxTheory]
    [InlineData(41, true, true, 8, 10_000)]
    [InlineData(42, true, false, 8, 10_000)]
    [InlineData(43, false, true, 8, 10_000)]
    [InlineData(44, false, false, 8, 10_000)]
    [InlineData(45, true, true, 3, 10_000)]
    [InlineData(46, false, true, 3, 10_000)]
    [InlineData(47, true, true, 8, 60)]
    public void EverySequence_AlwaysReadsItsOwnRows(int seed, bool shared, bool sliced, int slots, int mappings)
    {
        // With three slots some sequences find none, with sixty mappings some lose theirs: they go on block by block.
        var options = Options(shared, slots) with { Sliced = sliced, MaxMappings = mappings };
        using var run = new TableRun(seed, contiguous: options);
        for (var i = 0; i < 60_000; i++)
        {
            run.Step(i);
            Assert.True(run.Mismatches == 0, $"seed {seed}, operation {i}: a row is not its sequence's");
            Assert.True(run.Pool.Space!.Status.Mappings <= mappings, $"seed {seed}, operation {i}: {run.Pool.Space.Status.Mappings} mappings");
        }

        Assert.Equal(0, run.Finish());
        Assert.Equal(0, run.Mismatches);
        Assert.True(run.ContiguousViews > 100, $"only {run.ContiguousViews} views were contiguous over a block's border");
        Assert.True(run.MostCommitted <= SlotGeometry.BlockBytes(TestLayouts.Small, options) * run.Pool.Capacity);
        Assert.True(run.Pool.Space!.Status.BackgroundCalls > 100, "the worker had nothing to do");
    }

    [LinuxTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void PromptThatFitsMemoryOfAnEndedSequence_MapsNothing(bool shared)
    {
        using var pool = Pool(shared, slots: 4);
        using (Table(pool, 40))
        using (Table(pool, 100))
            Assert.Equal(10, pool.Space!.Status.RequiredBlocks);
        var before = pool.Space!.Status;
        Assert.Equal((10, 0), (before.MappedBlocks, before.RequiredBlocks));
        using (var table = Table(pool, 33))
            Assert.True(((VirtualKvTable)table).IsContiguous);
        var after = pool.Space.Status;
        Assert.Equal(before.CriticalCalls, after.CriticalCalls);
        Assert.Equal((3L, 1L), (after.Prefills, after.PrefillsWithoutMapping));
    }

    [LinuxTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void BestFit_LeavesTheLargeSlotToTheLargePrompt(bool shared)
    {
        using var pool = Pool(shared, slots: 4);
        using (Table(pool, 100))
        using (Table(pool, 40))
            Assert.Equal(10, pool.Space!.Status.RequiredBlocks);
        using var small = Table(pool, 38);
        using var large = Table(pool, 97);
        Assert.Equal(10, pool.Space!.Status.MappedBlocks);
        Assert.Equal(10, pool.Space.Status.RequiredBlocks);
    }

    [LinuxTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void MemoryOfEndedSequences_GoesToThoseThatNeedIt(bool shared)
    {
        using var pool = Pool(shared, slots: 4, blocks: 8);
        using (Table(pool, 64))
        using (Table(pool, 64))
            Assert.Equal(8, pool.Space!.Status.MappedBlocks);
        using var table = Table(pool, 128);
        Assert.Equal((8, 8), (pool.Space!.Status.MappedBlocks, pool.Space.Status.RequiredBlocks));
        pool.CheckIntegrity();
        Assert.False(pool.TryReserve(1, out _));
    }

    [LinuxTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void NextBlocks_AreMappedByTheWorker_AndStayFreeForOthers(bool shared)
    {
        using var pool = Pool(shared, slots: 4);
        using var table = Table(pool, 16);
        var free = pool.FreeBlocks;
        pool.Space!.MapAhead();
        var ahead = pool.Space.Status;
        Assert.Equal(free, pool.FreeBlocks);
        Assert.Equal(2, ahead.MappedBlocks);
        Extend(pool, table, 17);
        Assert.Equal(ahead.CriticalCalls, pool.Space.Status.CriticalCalls);
        Assert.Equal(1, pool.Space.Status.BackgroundCalls);
    }

    [LinuxFact]
    public void WithoutDeferredReclamation_AnIdleStepTakesOneBlockOfTheHighestSlot_SparingTheLowest()
    {
        using var pool = Pool(shared: false, slots: 3, options: options => options with { DeferredReclamation = false });
        using (Table(pool, 32))
        using (Table(pool, 32))
            Assert.Equal(4, pool.Space!.Status.MappedBlocks);
        int[] mapped = [.. Enumerable.Range(0, 4).Select(_ =>
        {
            pool.Space!.MapAhead();
            return pool.Space.Status.MappedBlocks;
        })];
        Assert.Equal([3, 2, 2, 2], mapped);
        pool.CheckIntegrity();
    }

    [LinuxFact]
    public void ForkOfPrivateMemory_IsACopy()
    {
        using var stamps = new RowStamps(TestLayouts.Small);
        using var pool = Pool(shared: false, slots: 4);
        using var table = Table(pool, 20);
        for (var row = 0; row < 20; row++)
            stamps.Write(table.WriteTarget(1, row), (ulong)row);
        Assert.Equal(2, table.BlocksToFork);
        pool.TryReserve(2, out var reservation);
        using var fork = table.Fork(reservation);
        Assert.Equal(4, pool.UsedBlocks);
        stamps.Write(table.RowTarget(1, 3), 99);
        for (var row = 0; row < 20; row++)
            Assert.True(stamps.Holds(fork.RowTarget(1, row), (ulong)row));
        Assert.Throws<ArgumentNullException>(() => table.Fork());
    }

    [LinuxFact]
    public void PrivateMemory_SharesNoPrefix()
    {
        using var pool = Pool(shared: false, slots: 4);
        Assert.False(pool.SharesBlocks);
    }

    [LinuxFact]
    public void FreeMemory_CanBeGivenBackToTheSystem()
    {
        foreach (var shared in new[] { true, false })
        {
            using var pool = Pool(shared, slots: 4);
            using var kept = Table(pool, 20);
            Table(pool, 50).Dispose();
            Assert.Equal(4 * 4096, pool.TrimCommitted());
            Assert.Equal(2, pool.Space!.Status.MappedBlocks);
            pool.CheckIntegrity();
            using var again = Table(pool, 50);
            Assert.Equal(6, pool.Space.Status.MappedBlocks);
        }
    }

    [LinuxFact]
    public void MoreTensorsThanTheSystemHasMappingsFor_AreRefused()
    {
        var error = Assert.Throws<ArgumentException>(() => Pool(shared: true, slots: 4, options: options => options with { Sliced = false, MaxMappings = 15 }));
        Assert.Contains("vm.max_map_count", error.Message, StringComparison.Ordinal);
    }

    internal static VirtualKvOptions Options(bool shared, int slots) =>
        new() { Shared = shared, Slots = slots, MaxRows = 48 * 16, GuardShared = true };

    internal static BlockPool Pool(bool shared, int slots, int blocks = 48, Func<VirtualKvOptions, VirtualKvOptions>? options = null) =>
        new(TestLayouts.Small, new BlockPoolOptions { CapacityBlocks = blocks, Virtual = (options ?? (same => same))(Options(shared, slots)) });

    internal static UniformTable Table(BlockPool pool, int rows)
    {
        var table = VirtualKvTable.Create(pool, rows + 1, null);
        Extend(pool, table, rows);
        return table;
    }

    internal static void Extend(BlockPool pool, UniformTable table, int rows)
    {
        Assert.True(pool.TryReserve(table.BlocksToReach(rows), out var reservation));
        table.Extend(rows, reservation!);
        reservation!.Dispose();
    }
}

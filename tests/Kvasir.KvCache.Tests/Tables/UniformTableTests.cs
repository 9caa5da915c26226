using Kvasir.KvCache.Index;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Retention;
using Kvasir.KvCache.Tables;
using Kvasir.KvCache.Tests.Support;
using Kvasir.Numerics.Memory;

namespace Kvasir.KvCache.Tests.Tables;

public sealed class UniformTableTests : IDisposable
{
    private readonly BlockPool _pool = new(TestLayouts.Small, new BlockPoolOptions { CapacityBlocks = 16, PoisonFreedRows = true });

    [Theory]
    [InlineData(31, 500_000)]
    [InlineData(32, 500_000)]
    public void EverySequence_AlwaysReadsItsOwnRows(int seed, int operations)
    {
        using var run = new TableRun(seed);
        for (var i = 0; i < operations; i++)
        {
            run.Step(i);
            Assert.True(run.Mismatches == 0, $"seed {seed}, operation {i}: a row is not its sequence's");
        }

        Assert.Equal(0, run.Finish());
        Assert.Equal(0, run.Mismatches);
        Assert.True(run.Compared > operations, $"{run.Compared} rows were compared");
    }

    [Theory]
    [InlineData(nameof(PoolFault.SkipCopyOnWrite))]
    [InlineData(nameof(PoolFault.EarlyFree))]
    public void PlantedFault_IsFoundByTheSameRun(string fault)
    {
        // The run above would be worth little if it could not fail.
        using var run = new TableRun(33, Enum.Parse<PoolFault>(fault));
        for (var i = 0; i < 1_900 && run.Mismatches == 0; i++)
            run.Step(i);
        Assert.NotEqual(0, run.Mismatches);
    }

    [Fact]
    public void SharedPartialBlock_IsCopiedByWhoeverDidNotWriteIt()
    {
        using var first = new UniformTable(_pool);
        Extend(first, 20);
        using var fork = first.Fork();
        Assert.Equal(2, _pool.UsedBlocks);
        Assert.Equal((0, 1), (first.BlocksToReach(21), fork.BlocksToReach(21)));
        Extend(fork, 21);
        Extend(first, 21);
        Assert.Equal(3, _pool.UsedBlocks);
        Assert.Equal(first.Blocks[0], fork.Blocks[0]);
        Assert.NotEqual(first.Blocks[1], fork.Blocks[1]);
        Assert.Equal(0, fork.BlocksToReach(32));
        Assert.Equal(1, fork.BlocksToReach(33));
    }

    [Fact]
    public void ReservationThatIsShort_ChangesNothing()
    {
        using var table = new UniformTable(_pool);
        Extend(table, 10);
        _pool.TryReserve(1, out var reservation);
        Assert.Throws<InvalidOperationException>(() => table.Extend(50, reservation!));
        Assert.Equal((10, 1, 1), (table.Length, table.BlockCount, reservation!.Remaining));
    }

    [Fact]
    public void PrivateRowsThatWereDropped_AreWrittenAgainInPlace_SharedOnesAreNot()
    {
        using var table = new UniformTable(_pool);
        Extend(table, 30);
        table.Truncate(20);
        Assert.Equal((2, 0), (table.BlockCount, table.BlocksToReach(30)));
        using var fork = table.Fork();
        table.Truncate(18);
        Assert.Equal(1, table.BlocksToReach(30));
        Extend(table, 30);
        Assert.NotEqual(table.Blocks[1], fork.Blocks[1]);
    }

    [Fact]
    public unsafe void DroppedRows_AreNaN_AndTheRowsBesideThemAreNot()
    {
        using var stamps = new RowStamps(_pool.Layout);
        using var table = new UniformTable(_pool);
        Extend(table, 30);
        for (var row = 16; row < 30; row++)
            stamps.Write(table.WriteTarget(1, row), (ulong)row);
        var slice = table.RowTarget(1, 16).Slice;
        table.Truncate(20);
        for (var row = 16; row < 30; row++)
            Assert.True(row < 20 ? stamps.Holds(slice, row - 16, (ulong)row) : stamps.IsPoison(slice, row - 16));
    }

    [Fact]
    public void AttachedPrefix_SharesFullBlocksAndCopiesThePartialOneOnTheFirstWrite()
    {
        var index = new PrefixIndex(_pool, new LruRetention());
        var scope = TestScopes.Create();
        var tokens = Enumerable.Range(0, 40).ToArray();
        using (var producer = new UniformTable(_pool))
        {
            Extend(producer, 40);
            index.Insert(scope, tokens, producer.Blocks);
        }

        using var table = new UniformTable(_pool);
        table.AttachPrefix(index.Match(scope, tokens, 36));
        Assert.Equal((36, 3, 3), (table.Length, table.BlockCount, _pool.UsedBlocks));
        Assert.Equal((1, 2), (table.BlocksToReach(48), table.BlocksToReach(49)));
        Extend(table, 37);
        Assert.Equal(4, _pool.UsedBlocks);
        using var match = index.Match(scope, tokens, 40);
        Assert.Equal(40, match.TokenCount);
        Assert.Throws<InvalidOperationException>(() => table.AttachPrefix(match));
    }

    [Fact]
    public void SpentMatch_GivesNothingASecondTime()
    {
        var index = new PrefixIndex(_pool, new LruRetention());
        using (var producer = new UniformTable(_pool))
        {
            Extend(producer, 20);
            index.Insert(TestScopes.Create(), Enumerable.Range(0, 20).ToArray(), producer.Blocks);
        }

        var match = index.Match(TestScopes.Create(), Enumerable.Range(0, 20).ToArray(), 20);
        using var first = new UniformTable(_pool);
        using var second = new UniformTable(_pool);
        first.AttachPrefix(match);
        second.AttachPrefix(match);
        match.Dispose();
        Assert.Equal((20, 2), (first.Length, first.BlockCount));
        Assert.Equal((0, 0), (second.Length, second.BlockCount));
        _pool.CheckIntegrity();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(16)]
    public void SystemWithoutMemory_LeavesTheTableAsItWas(int length)
    {
        // Large blocks over a region that ends after two of them: the third cannot be committed.
        using var pool = new BlockPool(TestLayouts.Quantised, new BlockPoolOptions { CapacityBlocks = 8 });
        Private.Field<IDisposable>(pool, "_region").Dispose();
        Private.SetField(pool, "_region", new VirtualRegion((nuint)(2 * TestLayouts.Quantised.BlockBytes)));
        var table = new UniformTable(pool);
        Assert.True(pool.TryReserve(8, out var reservation));
        table.Extend(length, reservation!);
        var blocks = table.BlockCount;
        Assert.ThrowsAny<Exception>(() => table.Extend(200, reservation!));
        Assert.Equal((length, blocks), (table.Length, table.BlockCount));
        pool.CheckIntegrity();
        table.Dispose();
        reservation!.Dispose();
        Assert.Equal((0, 0), (pool.UsedBlocks, pool.ReservedBlocks));
    }

    [Fact]
    public void RowOutsideTheTable_IsAnError()
    {
        using var table = new UniformTable(_pool);
        Extend(table, 3);
        Assert.Throws<ArgumentOutOfRangeException>(() => table.RowTarget(0, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => table.RowTarget(0, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => table.Truncate(-1));
    }

    [Fact]
    public void Step_AllocatesNothingManaged()
    {
        using var table = new UniformTable(_pool);
        using var arena = new SegmentArena();
        _pool.TryReserve(16, out var reservation);
        Step(8);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var length = 9; length < 200; length++)
            Step(length);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 512); // the list of blocks may grow
        reservation!.Dispose();

        void Step(int length)
        {
            var fence = _pool.OpenFence();
            table.Extend(length, reservation!);
            arena.Clear();
            table.BuildView(0, arena);
            table.WriteTarget(1, length - 1);
            _pool.CloseFence(fence);
        }
    }

    public void Dispose() => _pool.Dispose();

    private void Extend(UniformTable table, int length)
    {
        Assert.True(_pool.TryReserve(table.BlocksToReach(length), out var reservation));
        table.Extend(length, reservation!);
        reservation!.Dispose();
    }
}

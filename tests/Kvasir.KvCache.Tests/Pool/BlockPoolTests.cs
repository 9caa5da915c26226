using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tests.Support;
using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Tests.Pool;

public sealed unsafe class BlockPoolTests : IDisposable
{
    private readonly BlockPool _pool = Create(4);

    [Fact]
    public void ReservedBlocks_CannotBeTakenByOthers()
    {
        Assert.True(_pool.TryReserve(3, out var first));
        Assert.False(_pool.TryReserve(2, out var second));
        Assert.Null(second);
        Assert.False(first!.TryGrow(2));
        Assert.True(first.TryGrow(1));
        Assert.Equal((0, 4, 4), (_pool.AvailableBlocks, _pool.FreeBlocks, _pool.ReservedBlocks));
        first.Dispose();
        first.Dispose();
        Assert.Equal((4, 0), (_pool.AvailableBlocks, _pool.ReservedBlocks));
        Assert.Throws<ObjectDisposedException>(() => first.TryGrow(1));
    }

    [Fact]
    public void EmptyOrForeignReservation_GivesNoBlockAndChangesNothing()
    {
        using var other = Create(1);
        _pool.TryReserve(0, out var empty);
        other.TryReserve(1, out var foreign);
        Assert.Throws<InvalidOperationException>(() => _pool.Allocate(empty!, this));
        Assert.Throws<ArgumentException>(() => _pool.Allocate(foreign!, this));
        Assert.Equal(4, _pool.FreeBlocks);
        _pool.CheckIntegrity();
    }

    [Fact]
    public void ReleasedBlock_WaitsForEveryFenceThatWasOpen()
    {
        var block = Allocate();
        var before = _pool.OpenFence();
        var alsoBefore = _pool.OpenFence();
        _pool.Release(block);
        var after = _pool.OpenFence();
        Assert.Equal(BlockState.Quarantined, _pool.State(block));
        _pool.CloseFence(alsoBefore);
        Assert.Equal(BlockState.Quarantined, _pool.State(block));
        _pool.CloseFence(before);
        Assert.Equal(BlockState.Free, _pool.State(block));
        _pool.CloseFence(after);
        Assert.Throws<InvalidOperationException>(() => _pool.CloseFence(after));
        _pool.CheckIntegrity();
    }

    [Fact]
    public void QuarantinedBlock_KeepsItsBytesUntilItIsFree()
    {
        using var stamps = new RowStamps(_pool.Layout);
        var block = Allocate();
        var row = new KvWriteRow { Slice = _pool.Slice(block, 1), Slot = 3 };
        stamps.Write(row, 42);
        var fence = _pool.OpenFence();
        _pool.Release(block);
        Assert.True(stamps.Holds(row, 42));
        _pool.CloseFence(fence);
        Assert.True(stamps.IsPoison(row.Slice, row.Slot));
    }

    [Fact]
    public void UnwrittenAndFreedRows_AreNaN()
    {
        using var stamps = new RowStamps(_pool.Layout);
        var block = Allocate();
        Assert.True(stamps.IsPoison(_pool.Slice(block, 0), 0));
        stamps.Write(new KvWriteRow { Slice = _pool.Slice(block, 0), Slot = 0 }, 7);
        _pool.Release(block);
        Assert.Equal(block, Allocate());
        Assert.True(stamps.IsPoison(_pool.Slice(block, 0), 0));
        Assert.True(float.IsNaN(*(float*)_pool.Address(block)));
    }

    [Fact]
    public void ReleasedTooOften_IsAnError()
    {
        var block = Allocate();
        _pool.Release(block);
        Assert.Throws<InvalidOperationException>(() => _pool.Release(block));
        Assert.Throws<InvalidOperationException>(() => _pool.AddReference(block));
        Assert.Throws<InvalidOperationException>(() => _pool.AddReference(new BlockId(99)));
    }

    [Fact]
    public void Transfer_HoldsTheBlock()
    {
        var block = Allocate();
        Assert.Throws<InvalidOperationException>(() => _pool.BeginTransfer(block));
        _pool.SetFilled(block, _pool.Layout.BlockRows);
        _pool.BeginTransfer(block);
        Assert.Throws<InvalidOperationException>(() => _pool.BeginTransfer(block));
        _pool.Release(block);
        Assert.Equal(BlockState.InTransfer, _pool.State(block));
        _pool.EndTransfer(block);
        Assert.Equal(BlockState.Free, _pool.State(block));
        Assert.Throws<InvalidOperationException>(() => _pool.EndTransfer(block));
    }

    [Fact]
    public void MemoryIsCommittedOnDemand_AndGivenBack()
    {
        var layout = new KvLayout(4, 2, 64, KvDataType.F32);
        using var pool = new BlockPool(layout, new BlockPoolOptions { BudgetBytes = 100 * layout.BlockBytes, PoisonFreedRows = true });
        using var stamps = new RowStamps(layout);
        Assert.Equal((100, 0L), (pool.Capacity, pool.CommittedBytes));
        pool.TryReserve(3, out var reservation);
        BlockId[] blocks = [pool.Allocate(reservation!, this), pool.Allocate(reservation!, this), pool.Allocate(reservation!, this)];
        Assert.Equal(3 * layout.BlockBytes, pool.CommittedBytes);
        var kept = new KvWriteRow { Slice = pool.Slice(blocks[1], 3), Slot = 31 };
        stamps.Write(kept, 5);
        pool.Release(blocks[0]);
        pool.Release(blocks[2]);
        Assert.Equal(2 * layout.BlockBytes, pool.TrimCommitted());
        Assert.Equal((0L, layout.BlockBytes), (pool.TrimCommitted(), pool.CommittedBytes));
        pool.CheckIntegrity();
        Assert.True(stamps.Holds(kept, 5));
        pool.TryReserve(1, out reservation);
        var again = pool.Allocate(reservation!, this);
        Assert.True(stamps.IsPoison(pool.Slice(again, 2), 9));
        pool.CheckIntegrity();
    }

    [Fact]
    public void PoolWithoutRoomForABlock_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => new BlockPool(TestLayouts.Small, new BlockPoolOptions { BudgetBytes = 10 }));
        Assert.Throws<ArgumentException>(() => new BlockPool(TestLayouts.Small, new BlockPoolOptions()));
        var none = Assert.Throws<ArgumentException>(() => new BlockPool(TestLayouts.Small, new BlockPoolOptions { CapacityBlocks = 0 }));
        Assert.Contains("CapacityBlocks 0", none.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RowsAreTakenBack_OnlyWhereNobodyElseSeesThem()
    {
        var block = Allocate();
        _pool.SetFilled(block, 16);
        Assert.Equal(BlockState.Sealed, _pool.State(block));
        _pool.AddReference(block);
        Assert.False(_pool.TryRewind(block, 5, this));
        _pool.Release(block);
        Assert.False(_pool.TryRewind(block, 5, new object()));
        Assert.True(_pool.TryRewind(block, 16, this));
        Assert.Equal(BlockState.Sealed, _pool.State(block));
        Assert.True(_pool.TryRewind(block, 5, this));
        Assert.Equal((5, BlockState.Computing), (_pool.FilledRows(block), _pool.State(block)));
        Assert.True(_pool.MayAppend(block, 5, this));
    }

    [Theory]
    [InlineData("_references", 0)]
    [InlineData("_references", -1)]
    [InlineData("_filled", 17)]
    [InlineData("_states", BlockState.Free)]
    [InlineData("_states", BlockState.Quarantined)]
    [InlineData("_committed", false)]
    public void IntegrityCheck_FindsABrokenBlock(string field, object value)
    {
        var block = Allocate();
        _pool.CheckIntegrity();
        Private.Field<Array>(_pool, field).SetValue(value, block.Value);
        Assert.Throws<InvalidOperationException>(_pool.CheckIntegrity);
    }

    [Fact]
    public void IntegrityCheck_FindsABlockThatIsFreeTwiceAndAPromiseThatCannotBeKept()
    {
        var block = Allocate();
        _pool.Release(block);
        Private.Field<Stack<int>>(_pool, "_free").Push(block.Value);
        Assert.Throws<InvalidOperationException>(_pool.CheckIntegrity);
        Private.Field<Stack<int>>(_pool, "_free").Pop();
        _pool.CheckIntegrity();
        _pool.TryReserve(4, out _);
        Private.Field<Stack<int>>(_pool, "_free").Pop();
        Assert.Throws<InvalidOperationException>(_pool.CheckIntegrity);
    }

    public void Dispose() => _pool.Dispose();

    private static BlockPool Create(int capacity) =>
        new(TestLayouts.Small, new BlockPoolOptions { CapacityBlocks = capacity, PoisonFreedRows = true });

    private BlockId Allocate()
    {
        Assert.True(_pool.TryReserve(1, out var reservation));
        return _pool.Allocate(reservation!, this);
    }
}

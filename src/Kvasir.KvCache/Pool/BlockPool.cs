using System.Runtime.InteropServices;
using Kvasir.KvCache.Virtual;
using Kvasir.Numerics;
using Kvasir.Numerics.Attention;
using Kvasir.Numerics.Memory;

namespace Kvasir.KvCache.Pool;

/// <summary>
/// KV blocks of one layout: fixed size, counted references, over memory that is reserved contiguously and committed on demand
/// (Prabhu et al. 2024, "vAttention"). One thread at a time uses it.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>Work starts with a reservation: blocks promised to it cannot be taken by others.</item>
/// <item>A block lives while it has references. Released, it waits until every fence that was open then has closed.</item>
/// <item>Rows of a block that others refer to are never changed. Rows behind <see cref="FilledRows"/> are nobody's but the
/// appender's.</item>
/// </list>
/// </remarks>
public sealed unsafe class BlockPool : IDisposable
{
    /// <summary>All bits set is a NaN in every floating-point KV type, and a NaN scale in the quantised one.</summary>
    private const byte PoisonByte = 0xFF;

    // One of the two: blocks side by side, or blocks that also lie in the ranges of sequences.
    private readonly VirtualRegion? _region;
    private readonly VirtualKvSpace? _space;
    private readonly int[] _references;
    private readonly int[] _filled;
    private readonly object?[] _appenders;
    private readonly IBlockWatcher?[] _watchers;
    private readonly bool[] _committed;
    private readonly BlockState[] _states;
    private readonly Stack<int> _free;
    private readonly FenceQueue _fences = new();
    private readonly NativeBuffer? _poison;
    private readonly long _stride;
    private int _touched;
    private long _committedBytes;

    /// <summary>Creates a pool.</summary>
    /// <exception cref="ArgumentException">The size is missing or holds no block.</exception>
    public BlockPool(KvLayout layout, BlockPoolOptions options)
    {
        layout.Validate();
        Layout = layout;
        Fault = options.Fault;
        _stride = options.Virtual is { } contiguous ? SlotGeometry.BlockBytes(layout, contiguous) : (layout.BlockBytes + 63) & ~63L;
        var capacity = options.CapacityBlocks ?? (options.BudgetBytes ?? throw new ArgumentException("give BudgetBytes or CapacityBlocks", nameof(options))) / _stride;
        if (capacity is < 1 or > int.MaxValue / 2)
            throw new ArgumentException($"the KV budget ({Size(options)}) holds {capacity} blocks of {_stride} bytes; allowed are 1 to {int.MaxValue / 2}", nameof(options));
        Capacity = (int)capacity;
        _references = new int[Capacity];
        _filled = new int[Capacity];
        _appenders = new object?[Capacity];
        _watchers = new IBlockWatcher?[Capacity];
        _committed = new bool[Capacity];
        _states = new BlockState[Capacity];
        _free = new Stack<int>(64);
        if (options.Virtual is null)
            _region = new VirtualRegion((nuint)(_stride * Capacity));
        else
            _space = new VirtualKvSpace(layout, options.Virtual, Capacity);
        _touched = _space is null ? 0 : Capacity;
        if (!options.PoisonFreedRows)
            return;
        _poison = new NativeBuffer((nuint)layout.SliceBytes);
        _poison.AsSpan<byte>().Fill(PoisonByte);
    }

    /// <summary>Layout of the blocks.</summary>
    public KvLayout Layout { get; }

    /// <summary>Blocks in all.</summary>
    public int Capacity { get; }

    /// <summary>Blocks that hold nothing, promised ones included.</summary>
    public int FreeBlocks => _space is null ? _free.Count + (Capacity - _touched) : _space.FreeBlocks;

    /// <summary>Free blocks that are promised to nobody.</summary>
    public int AvailableBlocks => FreeBlocks - ReservedBlocks;

    /// <summary>Free blocks that are promised.</summary>
    public int ReservedBlocks { get; private set; }

    /// <summary>Blocks with references, and those that wait for a fence.</summary>
    public int UsedBlocks => Capacity - FreeBlocks;

    /// <summary>Blocks without references that wait for a fence.</summary>
    public int QuarantinedBlocks => _fences.Waiting;

    /// <summary>Bytes of memory committed so far.</summary>
    public long CommittedBytes => _space is null ? _committedBytes : _space.CommittedBytes;

    /// <summary>Contiguous ranges for sequences, or null when blocks are found through tables only.</summary>
    public VirtualKvSpace? Space => _space;

    /// <summary>Whether a block can belong to several tables, and so to the prefix index.</summary>
    public bool SharesBlocks => _space is null || _space.Shares;

    /// <summary>Bytes from a layer of a block to the next, at the block's home.</summary>
    internal long LayerStride => _space is null ? Layout.SliceBytes : _space.Geometry.HomeLayerStride;

    internal PoolFault Fault { get; }

    /// <summary>Promises blocks; false when there are not that many.</summary>
    public bool TryReserve(int blocks, out BlockReservation? reservation)
    {
        reservation = TryPromise(blocks) ? new BlockReservation(this, blocks) : null;
        return reservation is not null;
    }

    /// <summary>Takes a promised block, with one reference. Only <paramref name="appender"/> may write rows to it.</summary>
    public BlockId Allocate(BlockReservation reservation, object appender) => Allocate(reservation, appender, -1, 0);

    /// <summary>Takes a promised block for a place in a slot, or for its home when <paramref name="slot"/> is negative.</summary>
    internal BlockId Allocate(BlockReservation reservation, object appender, int slot, int index)
    {
        reservation.Require(this);
        var block = _space is null ? TakeFromRegion() : TakeFromSpace(_space, slot, index); // may fail, so the books change only after it
        reservation.TakeOne();
        ReservedBlocks--;
        _references[block] = 1;
        _filled[block] = 0;
        _appenders[block] = appender;
        _states[block] = BlockState.Computing;
        return new BlockId(block);
    }

    /// <summary>Adds a reference.</summary>
    public void AddReference(BlockId block)
    {
        RequireLive(block);
        if (++_references[block.Value] == 2)
            _watchers[block.Value]?.ReferencesChanged(shared: true);
    }

    /// <summary>Drops a reference; the last one frees the block, once no open fence may read it.</summary>
    public void Release(BlockId block)
    {
        RequireLive(block);
        var left = --_references[block.Value];
        if (left == 1)
            _watchers[block.Value]?.ReferencesChanged(shared: false);
        var early = Fault == PoolFault.EarlyFree && left == 1;
        if (left > 0 && !early)
            return;
        _appenders[block.Value] = null;
        if (early)
        {
            Poison(block.Value);
        }
        else if (_fences.IsOpen)
        {
            _states[block.Value] = BlockState.Quarantined;
            _fences.Defer(block.Value);
        }
        else
        {
            Free(block.Value);
        }
    }

    /// <summary>References to a block.</summary>
    public int References(BlockId block) => _references[block.Value];

    /// <summary>State of a block.</summary>
    public BlockState State(BlockId block) => _states[block.Value];

    /// <summary>Rows written to a block.</summary>
    public int FilledRows(BlockId block) => _filled[block.Value];

    /// <summary>
    /// True when <paramref name="appender"/> may write row <paramref name="slot"/> in place: nobody else can see it.
    /// </summary>
    public bool MayAppend(BlockId block, int slot, object appender) =>
        Fault == PoolFault.SkipCopyOnWrite || (_appenders[block.Value] == appender && _filled[block.Value] == slot);

    /// <summary>Records that rows up to <paramref name="rows"/> are written; a full block is sealed.</summary>
    public void SetFilled(BlockId block, int rows)
    {
        _filled[block.Value] = rows;
        if (rows == Layout.BlockRows && _states[block.Value] == BlockState.Computing)
            _states[block.Value] = BlockState.Sealed;
    }

    /// <summary>
    /// Takes back rows from <paramref name="rows"/> on, so that <paramref name="appender"/> may write them again in place. False, and
    /// nothing changes, when it did not write them or somebody else refers to the block.
    /// </summary>
    public bool TryRewind(BlockId block, int rows, object appender)
    {
        RequireLive(block);
        if (_references[block.Value] != 1 || _appenders[block.Value] != appender || rows > _filled[block.Value])
            return false;
        for (var layer = 0; _poison is not null && layer < Layout.Layers; layer++)
            PoisonRows(Slice(block, layer), rows, _filled[block.Value] - rows);
        _filled[block.Value] = rows;
        if (rows < Layout.BlockRows)
            _states[block.Value] = BlockState.Computing;
        return true;
    }

    /// <summary>First byte of a block.</summary>
    public byte* Address(BlockId block) => _region is null ? _space!.Slice(block.Value, 0) : _region.Pointer + (block.Value * _stride);

    /// <summary>First byte of one layer of a block.</summary>
    public byte* Slice(BlockId block, int layer) =>
        _region is null ? _space!.Slice(block.Value, layer) : _region.Pointer + (block.Value * _stride) + (layer * Layout.SliceBytes);

    /// <summary>Starts a step or a transfer: blocks released from now on stay untouched until it ends.</summary>
    public long OpenFence() => _fences.Open();

    /// <summary>Ends a step or a transfer.</summary>
    public void CloseFence(long fence)
    {
        _fences.Close(fence);
        while (_fences.TryTakeReady(out var block))
            Free(block);
    }

    /// <summary>Gives the memory of free blocks back to the system; they get it again when they are used.</summary>
    /// <returns>Bytes given back, up to page borders.</returns>
    public long TrimCommitted()
    {
        var before = CommittedBytes;
        if (_space is not null)
        {
            _space.Trim();
            return before - CommittedBytes;
        }

        var blocks = _free.ToArray();
        Array.Sort(blocks);
        for (var i = 0; i < blocks.Length;)
        {
            var run = i + 1;
            while (run < blocks.Length && blocks[run] == blocks[run - 1] + 1)
                run++;
            // One call a run: pages that two free blocks share go too.
            _region!.Decommit((nuint)(blocks[i] * _stride), (nuint)((run - i) * _stride));
            for (; i < run; i++)
            {
                _committedBytes -= _committed[blocks[i]] ? _stride : 0;
                _committed[blocks[i]] = false;
            }
        }

        return before - CommittedBytes;
    }

    /// <summary>Marks a block as being copied. It takes part in no other state change until <see cref="EndTransfer"/>.</summary>
    public void BeginTransfer(BlockId block)
    {
        RequireLive(block);
        if (_states[block.Value] != BlockState.Sealed)
            throw new InvalidOperationException($"block {block.Value} is {_states[block.Value]}; only sealed blocks are transferred");
        AddReference(block);
        _states[block.Value] = BlockState.InTransfer;
    }

    /// <summary>Ends a transfer and drops its reference.</summary>
    public void EndTransfer(BlockId block)
    {
        if (_states[block.Value] != BlockState.InTransfer)
            throw new InvalidOperationException($"block {block.Value} is {_states[block.Value]}, not in transfer");
        _states[block.Value] = BlockState.Sealed;
        Release(block);
    }

    /// <summary>Throws when the pool's books do not agree.</summary>
    /// <exception cref="InvalidOperationException">Says what is wrong.</exception>
    public void CheckIntegrity()
    {
        var free = new bool[Capacity];
        for (var block = 0; block < Capacity && _space is not null; block++)
            free[block] = _space.IsFree(block);
        foreach (var block in _free)
        {
            Require(!free[block], $"block {block} is free twice");
            free[block] = true;
        }

        var quarantined = 0;
        var committed = 0L;
        for (var block = 0; block < Capacity; block++)
        {
            var state = _states[block];
            committed += _committed[block] ? _stride : 0;
            if (block >= _touched)
            {
                Require(state == BlockState.Free && _references[block] == 0 && !free[block], $"block {block} was never handed out, but is {state} with {_references[block]} references");
                continue;
            }

            Require(free[block] == (state == BlockState.Free), $"block {block} is {state} and {(free[block] ? "" : "not ")}in the free list");
            Require((_references[block] > 0) == (state is not (BlockState.Free or BlockState.Quarantined)), $"block {block} is {state} with {_references[block]} references");
            Require(_filled[block] >= 0 && _filled[block] <= Layout.BlockRows, $"block {block} has {_filled[block]} rows of {Layout.BlockRows}");
            Require(_references[block] > 0 || (_appenders[block] is null && _watchers[block] is null), $"block {block} is {state}, but has an appender or a watcher");
            Require(_space is not null || _committed[block] || state == BlockState.Free, $"block {block} is {state} without memory");
            quarantined += state == BlockState.Quarantined ? 1 : 0;
        }

        Require(quarantined == _fences.Waiting, $"{quarantined} blocks are quarantined, {_fences.Waiting} wait for a fence");
        Require(committed == _committedBytes, $"{committed} bytes are committed, {_committedBytes} are counted");
        Require(ReservedBlocks >= 0 && ReservedBlocks <= FreeBlocks, $"{ReservedBlocks} blocks are promised, {FreeBlocks} are free");
        _space?.CheckIntegrity();

        static void Require(bool holds, string what)
        {
            if (!holds)
                throw new InvalidOperationException($"KV pool: {what}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _region?.Dispose();
        _space?.Dispose();
        _poison?.Dispose();
    }

    internal bool TryPromise(int blocks)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(blocks);
        if (blocks > AvailableBlocks)
            return false;
        ReservedBlocks += blocks;
        return true;
    }

    internal void Unpromise(int blocks) => ReservedBlocks -= blocks;

    /// <summary>Fills rows that nobody refers to any more with NaN, where the pool does so.</summary>
    internal void PoisonRows(byte* slice, int slot, int rows)
    {
        if (_poison is not null)
            KvRows.Copy(Layout, _poison.Pointer, slot, slice, slot, rows);
    }

    /// <summary>The same for one head of a row.</summary>
    internal void PoisonHead(byte* slice, int slot, int head)
    {
        if (_poison is not null)
            KvRows.CopyHead(Layout, _poison.Pointer, slot, slice, slot, head);
    }

    /// <summary>True when somebody watches the references of a block.</summary>
    internal bool IsWatched(BlockId block) => _watchers[block.Value] is not null;

    /// <summary>Tells <paramref name="watcher"/> when a block becomes shared or ceases to be; null ends it.</summary>
    internal void Watch(BlockId block, IBlockWatcher? watcher)
    {
        RequireLive(block);
        _watchers[block.Value] = watcher;
    }

    private static string Size(BlockPoolOptions options) =>
        options.CapacityBlocks is { } blocks ? $"CapacityBlocks {blocks}" : $"BudgetBytes {options.BudgetBytes}";

    private int TakeFromRegion()
    {
        if (!_free.TryPeek(out var block))
            block = _touched;
        Commit(block);
        if (block == _touched)
            _touched++;
        else
            _free.Pop();
        return block;
    }

    private int TakeFromSpace(VirtualKvSpace space, int slot, int index)
    {
        var block = slot < 0 ? space.TakeHome() : space.Take(slot, index);
        if (_poison is null)
            return block;
        space.Flush();
        Poison(block);
        return block;
    }

    private void Commit(int block)
    {
        if (_committed[block])
            return;
        _region!.Commit((nuint)(block * _stride), (nuint)_stride);
        _committed[block] = true;
        _committedBytes += _stride;
        Poison(block);
    }

    private void Free(int block)
    {
        _states[block] = BlockState.Free;
        Poison(block);
        if (_space is null)
            _free.Push(block);
        else
            _space.Return(block);
    }

    private void Poison(int block)
    {
        for (var layer = 0; _poison is not null && layer < Layout.Layers; layer++)
            NativeMemory.Fill(Slice(new BlockId(block), layer), (nuint)Layout.SliceBytes, PoisonByte);
    }

    private void RequireLive(BlockId block)
    {
        if ((uint)block.Value >= (uint)_touched || _references[block.Value] <= 0)
            throw new InvalidOperationException($"block {block.Value} has no references; it was released too often");
    }
}

using Kvasir.KvCache.Index;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tables;
using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Virtual;

/// <summary>
/// A sequence's rows in a slot: contiguous in virtual addresses, so that one segment describes them. The blocks under it are the pool's, counted
/// and shared as those of any <see cref="UniformTable"/>.
/// </summary>
public sealed unsafe class VirtualKvTable : UniformTable
{
    private readonly VirtualKvSpace _space;
    private int _slot = -1;

    private VirtualKvTable(BlockPool pool, VirtualKvSpace space, int expectedRows)
        : base(pool)
    {
        _space = space;
        ExpectedRows = expectedRows;
    }

    /// <summary>Whether the rows are contiguous; otherwise they are read block by block, with the same bits.</summary>
    public bool IsContiguous => _slot >= 0;

    /// <summary>Rows that are known to come: the prompt and the next one.</summary>
    internal int ExpectedRows { get; }

    /// <summary>Whether memory was mapped for a row of the prompt while the model waited.</summary>
    internal bool PromptNeededMapping { get; private set; }

    /// <inheritdoc/>
    public override int BlocksToFork => _space.Shares ? 0 : BlockCount;

    /// <summary>
    /// An empty table for a sequence: in a slot when the pool is contiguous and has one left, otherwise a plain one.
    /// </summary>
    /// <param name="pool">The pool.</param>
    /// <param name="expectedRows">Rows that are known to come.</param>
    /// <param name="prefix">The match that will be attached, or null.</param>
    public static UniformTable Create(BlockPool pool, int expectedRows, PrefixMatch? prefix)
    {
        if (pool.Space is not { } space)
            return new UniformTable(pool);
        var table = new VirtualKvTable(pool, space, expectedRows);
        table._slot = space.TakeSlot(table, expectedRows, prefix is null ? [] : [.. prefix.Blocks]);
        return table;
    }

    /// <inheritdoc/>
    public override void AttachPrefix(PrefixMatch match)
    {
        if (!_space.Shares && match.TokenCount > 0)
            throw new InvalidOperationException("private contiguous KV shares nothing; copy the rows");
        base.AttachPrefix(match);
        Alias();
    }

    /// <summary>
    /// A table with the same rows. Shared blocks are put under its slot too, and both sides copy before they write; private ones are copied,
    /// for which the reservation holds <see cref="BlocksToFork"/> blocks.
    /// </summary>
    public override UniformTable Fork(BlockReservation? reservation = null)
    {
        var fork = new VirtualKvTable(Pool, _space, Length + 1);
        fork._slot = _space.TakeSlot(fork, Length + 1, _space.Shares ? Blocks : []);
        if (_space.Shares)
        {
            fork.Share(this);
            fork.Alias();
            return fork;
        }

        fork.Extend(Length, reservation ?? throw new ArgumentNullException(nameof(reservation), "forks of private contiguous KV are copies and take blocks"));
        for (var i = 0; i < BlockCount; i++)
        {
            var rows = Math.Min(Pool.Layout.BlockRows, Length - (i * Pool.Layout.BlockRows));
            for (var layer = 0; layer < Pool.Layout.Layers; layer++)
                KvRows.Copy(Pool.Layout, Pool.Slice(Blocks[i], layer), 0, Pool.Slice(fork.Blocks[i], layer), 0, rows);
        }

        return fork;
    }

    /// <inheritdoc/>
    public override void Extend(int length, BlockReservation reservation)
    {
        var before = Length;
        base.Extend(length, reservation);
        try
        {
            _space.Flush();
        }
        catch (OutOfMemoryException)
        {
            Truncate(before);
            throw;
        }
    }

    /// <inheritdoc/>
    public override KvWriteRow RowTarget(int layer, int row)
    {
        if (_slot < 0)
            return base.RowTarget(layer, row);
        RequireRow(row);
        var geometry = _space.Geometry;
        var block = row / Pool.Layout.BlockRows;
        return new KvWriteRow
        {
            Slice = _space.SlotAddress(_slot) + (block * geometry.UnitBytes) + (layer * geometry.SlotLayerStride),
            Slot = row - (block * Pool.Layout.BlockRows),
        };
    }

    /// <inheritdoc/>
    public override KvView BuildView(int layer, SegmentArena arena)
    {
        if (_slot < 0)
            return base.BuildView(layer, arena);
        var count = Length > 0 ? 1 : 0;
        var segments = arena.Take(count);
        if (count > 0)
        {
            segments->Slice = _space.SlotAddress(_slot);
            segments->BlockStride = _space.Geometry.UnitBytes;
            segments->Count = Length;
        }

        var layerStride = _space.Geometry.SlotLayerStride;
        return new KvView { Segments = segments, SegmentCount = count, SliceOffset = layer * layerStride, LayerStride = layerStride };
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        LeaveSlot();
    }

    /// <summary>Notes that memory was mapped for a block while the model waited.</summary>
    internal void CountMapping(int index) => PromptNeededMapping |= index < BlocksFor(ExpectedRows - 1);

    private protected override BlockId AllocateBlock(int index, BlockReservation reservation)
    {
        if (_slot >= 0 && !_space.HasMappings(1) && _space.Shares)
            LeaveSlot();
        return Pool.Allocate(reservation, this, _slot, index);
    }

    private void Alias()
    {
        if (_slot < 0)
            return;
        if (_space.HasMappings(BlockCount))
            _space.Attach(_slot, Blocks);
        else
            LeaveSlot();
    }

    /// <summary>Goes on at the blocks' home addresses.</summary>
    private void LeaveSlot()
    {
        if (_slot >= 0)
            _space.ReturnSlot(_slot);
        _slot = -1;
    }
}

using System.Runtime.InteropServices;
using Kvasir.KvCache.Index;
using Kvasir.KvCache.Pool;
using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Tables;

/// <summary>
/// A sequence's rows in uniform form: one list of blocks for all layers and heads; row = position. Blocks may be shared; before a row
/// is written beside rows that others see, they are copied (copy-on-write).
/// </summary>
public unsafe class UniformTable(BlockPool pool) : IKvTable
{
    private readonly List<BlockId> _blocks = [];

    /// <inheritdoc/>
    public int Length { get; private set; }

    /// <inheritdoc/>
    public bool IsUniform => true;

    /// <inheritdoc/>
    public int BlockCount => _blocks.Count;

    /// <summary>The blocks, in order; the last may be partly filled.</summary>
    public ReadOnlySpan<BlockId> Blocks => CollectionsMarshal.AsSpan(_blocks);

    /// <inheritdoc/>
    public int Rows(int layer) => Length;

    /// <summary>Takes the memory for the list of blocks of a length at once, so that growing to it allocates nothing.</summary>
    public void EnsureListCapacity(int length) => _blocks.EnsureCapacity(BlocksFor(length));

    /// <summary>Blocks that <see cref="Fork"/> takes.</summary>
    public virtual int BlocksToFork => 0;

    private protected BlockPool Pool => pool;

    /// <summary>Takes over the references of a match. The table must be empty; the match is spent.</summary>
    public virtual void AttachPrefix(PrefixMatch match)
    {
        if (Length > 0)
            throw new InvalidOperationException("a prefix can be attached to an empty table only");
        Length = match.MoveBlocksTo(_blocks);
    }

    /// <summary>
    /// A table with the same rows; both sides copy before they write. The reservation holds <see cref="BlocksToFork"/> blocks.
    /// </summary>
    public virtual UniformTable Fork(BlockReservation? reservation = null)
    {
        var fork = new UniformTable(pool);
        fork.Share(this);
        return fork;
    }

    /// <inheritdoc/>
    public int BlocksToReach(int length) =>
        Math.Max(0, BlocksFor(length) - _blocks.Count) + (length > Length && NeedsCopy ? 1 : 0);

    /// <inheritdoc/>
    public virtual void Extend(int length, BlockReservation reservation)
    {
        if (length <= Length)
            return;
        var needed = BlocksToReach(length);
        if (needed > 0)
            reservation.Require(pool, needed); // so that nothing happens by halves
        if (NeedsCopy)
            CopyLastBlock(reservation);
        try
        {
            while (_blocks.Count < BlocksFor(length))
                _blocks.Add(AllocateBlock(_blocks.Count, reservation));
        }
        catch
        {
            // The system may have no memory for a block that the pool has: the table stays as it was.
            ReleaseFrom(BlocksFor(Length));
            throw;
        }

        for (var i = Length / BlockRows; i < _blocks.Count; i++)
            pool.SetFilled(_blocks[i], Math.Min(BlockRows, length - (i * BlockRows)));
        Length = length;
    }

    /// <summary>Drops the rows from <paramref name="length"/> on.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length >= Length)
            return;
        ReleaseFrom(BlocksFor(length));

        // Rows that nobody else sees may be written again in place; otherwise the next write copies.
        if (length % BlockRows != 0)
            pool.TryRewind(_blocks[^1], length % BlockRows, this);
        Length = length;
    }

    /// <inheritdoc/>
    public KvWriteRow WriteTarget(int layer, int position) => RowTarget(layer, position);

    /// <inheritdoc/>
    public virtual KvWriteRow RowTarget(int layer, int row)
    {
        RequireRow(row);
        return new KvWriteRow { Slice = pool.Slice(_blocks[row / BlockRows], layer), Slot = row % BlockRows };
    }

    /// <inheritdoc/>
    public virtual KvView BuildView(int layer, SegmentArena arena)
    {
        var segments = arena.Take(_blocks.Count);
        for (var i = 0; i < _blocks.Count; i++)
        {
            segments[i].Slice = pool.Address(_blocks[i]);
            segments[i].Count = Math.Min(BlockRows, Length - (i * BlockRows));
            segments[i].FirstRow = (long)i * BlockRows;
            segments[i].BasePosition = i * BlockRows;
        }

        return new KvView { Segments = segments, SegmentCount = _blocks.Count, SliceOffset = layer * pool.LayerStride, LayerStride = pool.LayerStride };
    }

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        Truncate(0);
        GC.SuppressFinalize(this);
    }

    /// <summary>Blocks that so many rows take.</summary>
    internal int BlocksFor(int rows) => (rows + BlockRows - 1) / BlockRows;

    /// <summary>Takes a promised block to be number <paramref name="index"/> of the table.</summary>
    private protected virtual BlockId AllocateBlock(int index, BlockReservation reservation) => pool.Allocate(reservation, this);

    private protected void RequireRow(int row)
    {
        if ((uint)row >= (uint)Length)
            throw new ArgumentOutOfRangeException(nameof(row), row, $"the table has {Length} rows");
    }

    /// <summary>Takes the rows of another table, with a reference to each block.</summary>
    private protected void Share(UniformTable other)
    {
        Length = other.Length;
        foreach (var block in other._blocks)
        {
            pool.AddReference(block);
            _blocks.Add(block);
        }
    }

    private int BlockRows => pool.Layout.BlockRows;

    private bool NeedsCopy => Length % BlockRows != 0 && !pool.MayAppend(_blocks[^1], Length % BlockRows, this);

    private void ReleaseFrom(int block)
    {
        for (var i = _blocks.Count - 1; i >= block; i--)
        {
            pool.Release(_blocks[i]);
            _blocks.RemoveAt(i);
        }
    }

    private void CopyLastBlock(BlockReservation reservation)
    {
        var shared = _blocks[^1];
        var own = AllocateBlock(_blocks.Count - 1, reservation);
        var rows = Length % BlockRows;
        for (var layer = 0; layer < pool.Layout.Layers; layer++)
            KvRows.Copy(pool.Layout, pool.Slice(shared, layer), 0, pool.Slice(own, layer), 0, rows);
        pool.SetFilled(own, rows);
        _blocks[^1] = own;
        pool.Release(shared);
    }
}

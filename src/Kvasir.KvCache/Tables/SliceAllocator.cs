using Kvasir.KvCache.Pool;

namespace Kvasir.KvCache.Tables;

/// <summary>
/// Hands a pool's blocks out piece by piece: all pieces of a block have the same size, whatever layer and head they are used for. A piece is
/// a slice (all heads of a layer) or one head's part of a slice. A block goes back when its last piece does.
/// </summary>
/// <param name="pool">The pool.</param>
/// <param name="lanes">Pieces that a slice is cut into: 1, or the number of KV heads.</param>
internal sealed class SliceAllocator(BlockPool pool, int lanes) : IDisposable
{
    private readonly List<SliceId> _free = [];
    private readonly Dictionary<BlockId, int> _used = [];

    /// <summary>Pieces of a block.</summary>
    public int SlicesPerBlock => pool.Layout.Layers * lanes;

    /// <summary>Free pieces in blocks held already.</summary>
    public int FreeSlices => _free.Count;

    /// <summary>Blocks held.</summary>
    public int BlockCount => _used.Count;

    /// <summary>True to hold on to blocks whose pieces are all free, until <see cref="ReleaseIdle"/>.</summary>
    public bool HoldsIdle { get; set; }

    /// <summary>A piece as its head sees it: a head that lies alone in it begins where the first head would.</summary>
    public unsafe byte* Pointer(SliceId id, int lane) =>
        pool.Slice(id.Block, id.Slice / lanes) + pool.Layout.KeyOffset(id.Slice % lanes) - pool.Layout.KeyOffset(lane);

    /// <summary>Takes blocks until that many pieces are free.</summary>
    public void Ensure(int slices, BlockReservation reservation)
    {
        while (_free.Count < slices)
        {
            var block = pool.Allocate(reservation, this);
            pool.SetFilled(block, pool.Layout.BlockRows);
            _used.Add(block, 0);
            for (var slice = SlicesPerBlock - 1; slice >= 0; slice--)
                _free.Add(new SliceId(block, slice));
        }
    }

    /// <summary>Takes a free piece, or one of a block more.</summary>
    public SliceId Take(BlockReservation? reservation)
    {
        if (_free.Count == 0)
            Ensure(1, reservation ?? throw new InvalidOperationException("extend the table before its rows are written"));
        var taken = _free[^1];
        _free.RemoveAt(_free.Count - 1);
        _used[taken.Block]++;
        return taken;
    }

    public void Return(SliceId slice)
    {
        _free.Add(slice);
        if (--_used[slice.Block] > 0 || HoldsIdle)
            return;
        _free.RemoveAll(free => free.Block == slice.Block);
        _used.Remove(slice.Block);
        pool.Release(slice.Block);
    }

    /// <summary>Gives back all blocks whose pieces are all free.</summary>
    public void ReleaseIdle()
    {
        foreach (var (block, used) in _used)
        {
            if (used > 0)
                continue;
            _free.RemoveAll(free => free.Block == block);
            _used.Remove(block);
            pool.Release(block);
        }
    }

    public void Dispose()
    {
        foreach (var block in _used.Keys)
            pool.Release(block);
        _used.Clear();
        _free.Clear();
    }
}

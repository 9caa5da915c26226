using Kvasir.KvCache.Pool;

namespace Kvasir.KvCache.Tables;

/// <summary>
/// Hands a pool's blocks out slice by slice: all slices of a block have the same size, whatever layer they are used for. A block goes
/// back when its last slice does.
/// </summary>
internal sealed class SliceAllocator(BlockPool pool) : IDisposable
{
    private readonly List<SliceId> _free = [];
    private readonly Dictionary<BlockId, int> _used = [];

    /// <summary>Free slices in blocks held already.</summary>
    public int FreeSlices => _free.Count;

    /// <summary>Blocks held.</summary>
    public int BlockCount => _used.Count;

    public SliceId Take(BlockReservation reservation)
    {
        if (_free.Count == 0)
        {
            var block = pool.Allocate(reservation, this);
            pool.SetFilled(block, pool.Layout.BlockRows);
            _used.Add(block, 0);
            for (var slice = pool.Layout.Layers - 1; slice >= 0; slice--)
                _free.Add(new SliceId(block, slice));
        }

        var taken = _free[^1];
        _free.RemoveAt(_free.Count - 1);
        _used[taken.Block]++;
        return taken;
    }

    public void Return(SliceId slice)
    {
        _free.Add(slice);
        if (--_used[slice.Block] > 0)
            return;
        _free.RemoveAll(free => free.Block == slice.Block);
        _used.Remove(slice.Block);
        pool.Release(slice.Block);
    }

    public void Dispose()
    {
        foreach (var block in _used.Keys)
            pool.Release(block);
        _used.Clear();
        _free.Clear();
    }
}

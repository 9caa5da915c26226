namespace Kvasir.KvCache.Pool;

/// <summary>Blocks promised before work starts (guarantee G5). Disposing gives back what was not used.</summary>
public sealed class BlockReservation : IDisposable
{
    private readonly BlockPool _pool;
    private bool _disposed;

    internal BlockReservation(BlockPool pool, int blocks)
    {
        _pool = pool;
        Remaining = blocks;
    }

    /// <summary>Blocks still promised.</summary>
    public int Remaining { get; private set; }

    /// <summary>Asks for more; false, and nothing changes, when the pool has not that many to promise.</summary>
    public bool TryGrow(int blocks)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_pool.TryPromise(blocks))
            return false;
        Remaining += blocks;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _pool.Unpromise(Remaining);
        Remaining = 0;
    }

    /// <summary>Throws when the reservation does not hold blocks of a pool.</summary>
    internal void Require(BlockPool pool, int blocks = 1)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (pool != _pool)
            throw new ArgumentException("the reservation is of another pool");
        if (Remaining < blocks)
            throw new InvalidOperationException($"the reservation has {Remaining} blocks left and {blocks} are needed; grow it first");
    }

    internal void TakeOne() => Remaining--;
}

using Kvasir.KvCache.Pool;

namespace Kvasir.KvCache.Chunks;

/// <summary>
/// Chunks kept for a sequence that was preempted, so that it goes on with the very rows that its answer began with. Disposing lets them go.
/// </summary>
public sealed class ChunkHold : IDisposable
{
    private readonly BlockPool _pool;
    private ChunkHit[] _hits;

    /// <summary>Takes a reference to each block of the hits.</summary>
    public ChunkHold(BlockPool pool, IReadOnlyList<ChunkHit> hits)
    {
        _pool = pool;
        _hits = [.. hits];
        foreach (var hit in _hits)
        {
            foreach (var block in hit.BlocksOf(pool.Layout.BlockRows))
                pool.AddReference(block);
        }
    }

    /// <summary>The hits; none once disposed.</summary>
    public IReadOnlyList<ChunkHit> Hits => _hits;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var hit in _hits)
        {
            foreach (var block in hit.BlocksOf(_pool.Layout.BlockRows))
                _pool.Release(block);
        }

        _hits = [];
    }
}

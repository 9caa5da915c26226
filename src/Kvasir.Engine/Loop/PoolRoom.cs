using Kvasir.KvCache.Chunks;
using Kvasir.KvCache.Index;
using Kvasir.KvCache.Pool;

namespace Kvasir.Engine.Loop;

/// <summary>Makes room in the pool by letting idle prefixes and chunks go.</summary>
/// <param name="pool">The pool.</param>
/// <param name="index">Exact prefixes in it.</param>
/// <param name="chunks">Chunks in it.</param>
internal sealed class PoolRoom(BlockPool pool, PrefixIndex index, ChunkIndex chunks)
{
    /// <summary>Evicts idle blocks until that many are free and promised to nobody; nothing is evicted when they are not enough.</summary>
    public bool TryMake(int blocks)
    {
        // Idle prefixes go first. Chunks hold blocks of prefixes too, and what hangs on these: when chunks go, more prefixes can.
        var missing = blocks - pool.AvailableBlocks;
        if (missing > index.IdleBlocks + chunks.HeldBlocks)
            return false;
        while (missing > 0)
        {
            if (index.Evict(missing) == 0 && chunks.Evict(missing) == 0)
                break;
            missing = blocks - pool.AvailableBlocks;
        }

        return pool.AvailableBlocks >= blocks;
    }
}

using Kvasir.KvCache.Pool;

namespace Kvasir.KvCache.Chunks;

/// <summary>The chunks that exist, by content.</summary>
public sealed class ChunkIndex(BlockPool pool)
{
    /// <summary>The pool that the rows lie in.</summary>
    public BlockPool Pool => pool;
}

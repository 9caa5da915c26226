using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Chunks;

/// <summary>The chunks of one scope. Nothing of it is found from another.</summary>
internal sealed class ScopeShelf(BlockKey root, ChunkIndexOptions options, ulong seed)
{
    public BlockKey Root => root;

    public Dictionary<BlockKey, StoredChunk> Chunks { get; } = [];

    public FragmentIndex Fragments { get; } = new(options, seed);
}

using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Pool;

namespace Kvasir.KvCache.Index;

/// <summary>
/// A prefix found in the index, with a reference to each of its blocks. Attach it to a table, or dispose it.
/// </summary>
public sealed class PrefixMatch : IDisposable
{
    private readonly BlockPool _pool;
    private readonly List<BlockId> _blocks;

    internal PrefixMatch(BlockPool pool, List<BlockId> blocks, int tokenCount, BlockKey key)
    {
        _pool = pool;
        _blocks = blocks;
        TokenCount = tokenCount;
        Key = key;
    }

    /// <summary>Tokens whose rows were found; the last block may hold more rows than that.</summary>
    public int TokenCount { get; private set; }

    /// <summary>Key of the last full block, or of the scope when there is none.</summary>
    public BlockKey Key { get; }

    /// <summary>Blocks, in order.</summary>
    public IReadOnlyList<BlockId> Blocks => _blocks;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var block in _blocks)
            _pool.Release(block);
        _blocks.Clear();
        TokenCount = 0;
    }

    internal void MoveBlocksTo(List<BlockId> blocks)
    {
        blocks.AddRange(_blocks);
        _blocks.Clear();
    }
}

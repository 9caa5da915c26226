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

    private readonly CacheScope _scope;
    private readonly PrefixNode? _lastFull;
    private BlockKey[]? _keys;

    internal PrefixMatch(BlockPool pool, List<BlockId> blocks, int tokenCount, CacheScope scope, PrefixNode? lastFull)
    {
        _pool = pool;
        _blocks = blocks;
        TokenCount = tokenCount;
        _scope = scope;
        _lastFull = lastFull;
    }

    /// <summary>Tokens whose rows were found; the last block may hold more rows than that. 0 once attached or disposed.</summary>
    public int TokenCount { get; private set; }

    /// <summary>Key of the last full block, or of the scope when there is none.</summary>
    public BlockKey Key => _lastFull?.Key ?? _scope.Root;

    /// <summary>Keys of the full blocks, in order; computed when first asked for, and valid after the blocks are gone.</summary>
    public IReadOnlyList<BlockKey> Keys => _keys ??= ComputeKeys();

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

    /// <summary>Gives up the rows of a block that is shared in part: whole blocks are left.</summary>
    internal void DropPartialBlock()
    {
        var rows = TokenCount % _pool.Layout.BlockRows;
        if (rows == 0)
            return;
        _pool.Release(_blocks[^1]);
        _blocks.RemoveAt(_blocks.Count - 1);
        TokenCount -= rows;
    }

    /// <summary>Gives up the blocks that reach behind <paramref name="tokens"/>: whole blocks are left.</summary>
    internal void Shorten(int tokens)
    {
        DropPartialBlock();
        while (TokenCount > tokens)
        {
            _pool.Release(_blocks[^1]);
            _blocks.RemoveAt(_blocks.Count - 1);
            TokenCount -= _pool.Layout.BlockRows;
        }
    }

    private BlockKey[] ComputeKeys()
    {
        var keys = new BlockKey[_lastFull?.Depth ?? 0];
        for (var node = _lastFull; node?.Parent is not null; node = node.Parent)
            keys[node.Depth - 1] = node.Key;
        return keys;
    }

    /// <summary>Hands the blocks and their references over; returns the tokens in them. The match has none afterwards.</summary>
    internal int MoveBlocksTo(List<BlockId> blocks)
    {
        var tokens = TokenCount;
        blocks.AddRange(_blocks);
        _blocks.Clear();
        TokenCount = 0;
        return tokens;
    }
}

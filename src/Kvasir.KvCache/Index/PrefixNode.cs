using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Pool;

namespace Kvasir.KvCache.Index;

/// <summary>
/// A block in the radix tree: its tokens follow those of its ancestors. Only full blocks have children.
/// </summary>
/// <remarks>
/// Children are kept in lexicographic order of their tokens, so the one that shares the longest prefix with any continuation is a
/// neighbour of the place where that continuation would stand. No child's tokens are a prefix of another's.
/// </remarks>
internal sealed class PrefixNode : IBlockWatcher
{
    private readonly List<PrefixNode> _children = [];
    private readonly PrefixIndex _index;
    private int[] _tokens;
    private BlockKey? _key;

    public PrefixNode(PrefixIndex index, PrefixNode parent, int[] tokens, BlockId block)
    {
        _index = index;
        Parent = parent;
        Scope = parent.Scope;
        _tokens = tokens;
        Prefix = PrefixOf(tokens);
        Block = block;
        Depth = parent.Depth + 1;
    }

    /// <summary>The root of a scope: no block, no tokens.</summary>
    public PrefixNode(PrefixIndex index, CacheScope scope)
    {
        _index = index;
        Scope = scope;
        _tokens = [];
        Prefix = scope.Root.Mix();
        Block = new BlockId(-1);
        _key = scope.Root;
    }

    public PrefixNode? Parent { get; }

    public CacheScope Scope { get; }

    /// <summary>Tokens of the block.</summary>
    public int[] Tokens
    {
        get => _tokens;
        set
        {
            _tokens = value;
            Prefix = PrefixOf(value);
        }
    }

    /// <summary>Stands for the tokens up to the block's end in the counts of retention policies; not as sure as a key, and far cheaper.</summary>
    public ulong Prefix { get; private set; }

    /// <summary>Tokens from the block's first one to the end of the prompts that held it, smoothed.</summary>
    public double Cost { get; set; }

    public BlockId Block { get; set; }

    public IReadOnlyList<PrefixNode> Children => _children;

    public bool IsLeaf => _children.Count == 0;

    /// <summary>Blocks from the root.</summary>
    public int Depth { get; }

    /// <summary>True while nobody but the index refers to the block.</summary>
    public bool IsIdle { get; set; }

    /// <summary>Place among the evictable leaves, or -1.</summary>
    public int HeapPlace { get; set; } = -1;

    public long LastUse { get; set; }

    public int Hits { get; set; }

    /// <summary>Key of the tokens up to the block's end; meaningful for full blocks.</summary>
    public BlockKey Key => _key ??= ComputeKey();

    void IBlockWatcher.ReferencesChanged(bool shared) => _index.IdleChanged(this, !shared);

    /// <summary>The child that shares the longest prefix with <paramref name="tokens"/>, and its length.</summary>
    public (PrefixNode? Child, int Common) Longest(ReadOnlySpan<int> tokens)
    {
        var at = LowerBound(tokens);
        PrefixNode? best = null;
        var common = 0;
        for (var i = Math.Max(0, at - 1); i <= Math.Min(at, _children.Count - 1); i++)
        {
            var shared = tokens.CommonPrefixLength(_children[i].Tokens);
            if (shared > common)
                (best, common) = (_children[i], shared);
        }

        return (best, common);
    }

    public void Add(PrefixNode child) => _children.Insert(LowerBound(child.Tokens), child);

    public void Remove(PrefixNode child)
    {
        var at = LowerBound(child.Tokens);
        if (at >= _children.Count || _children[at] != child)
            throw new InvalidOperationException("prefix index: a node is not among its parent's children");
        _children.RemoveAt(at);
    }

    private ulong PrefixOf(int[] tokens)
    {
        var hash = Parent!.Prefix;
        foreach (var token in tokens)
            hash = BlockKey.Mix64(hash ^ (uint)token) + 1;
        return hash;
    }

    private BlockKey ComputeKey()
    {
        // From the nearest ancestor with a key down; a loop, because a path may be long.
        var path = new Stack<PrefixNode>();
        for (var node = this; node._key is null; node = node.Parent!)
            path.Push(node);
        while (path.TryPop(out var node))
            node._key = Scope.Chain(node.Parent!._key!.Value, node.Tokens);
        return _key!.Value;
    }

    /// <summary>Index of the first child that is not below <paramref name="tokens"/>.</summary>
    private int LowerBound(ReadOnlySpan<int> tokens)
    {
        int low = 0, high = _children.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_children[middle].Tokens.AsSpan().SequenceCompareTo(tokens) < 0)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}

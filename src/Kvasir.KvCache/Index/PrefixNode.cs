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
internal sealed class PrefixNode(PrefixNode? parent, CacheScope scope, int[] tokens, BlockId block, BlockKey? key)
{
    private readonly List<PrefixNode> _children = [];
    private BlockKey? _key = key;

    public PrefixNode? Parent { get; } = parent;

    public CacheScope Scope { get; } = scope;

    /// <summary>Tokens of the block.</summary>
    public int[] Tokens { get; set; } = tokens;

    public BlockId Block { get; set; } = block;

    public IReadOnlyList<PrefixNode> Children => _children;

    public bool IsLeaf => _children.Count == 0;

    /// <summary>Blocks from the root.</summary>
    public int Depth { get; } = parent is null ? 0 : parent.Depth + 1;

    /// <summary>Neighbours in the order of use.</summary>
    public LinkedListNode<PrefixNode>? Recency { get; set; }

    public long LastUse { get; set; }

    public int Hits { get; set; }

    /// <summary>Key of the tokens up to the block's end; meaningful for full blocks.</summary>
    public BlockKey Key => _key ??= Scope.Chain(Parent!.Key, Tokens);

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

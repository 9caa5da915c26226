using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Retention;

namespace Kvasir.KvCache.Index;

/// <summary>
/// Finds the longest computed prefix of a prompt, per token: a radix tree over KV blocks, one root a scope (Zheng et al. 2024,
/// "SGLang", RadixAttention). Holds one reference to every block in it.
/// </summary>
/// <remarks>
/// A hit may end inside a block: the block is shared up to that row, and whoever writes beside it copies first. Two prefixes that part
/// inside a block stand as two nodes, each with a block of its own. One thread at a time uses it.
/// </remarks>
public sealed class PrefixIndex(BlockPool pool, IRetentionPolicy retention)
{
    /// <summary>Idle blocks that a retention policy chooses among.</summary>
    private const int RetentionWindow = 32;

    private readonly Dictionary<BlockKey, PrefixNode> _roots = [];
    private readonly LinkedList<PrefixNode> _recency = new();
    private readonly List<PrefixNode> _candidates = new(RetentionWindow);
    private readonly RetentionCandidate[] _snapshot = new RetentionCandidate[RetentionWindow];
    private long _clock;

    /// <summary>Blocks in the index.</summary>
    public int CachedBlocks => _recency.Count;

    /// <summary>Look-ups so far.</summary>
    public long Lookups { get; private set; }

    /// <summary>Tokens found so far.</summary>
    public long HitTokens { get; private set; }

    /// <summary>Tokens asked for so far.</summary>
    public long LookupTokens { get; private set; }

    /// <summary>Blocks evicted so far.</summary>
    public long Evictions { get; private set; }

    /// <summary>
    /// The longest prefix of <paramref name="tokens"/>, at most <paramref name="maxTokens"/> long, whose rows are in the pool. Never
    /// null; it may be empty.
    /// </summary>
    public PrefixMatch Match(CacheScope scope, ReadOnlySpan<int> tokens, int maxTokens)
    {
        tokens = tokens[..Math.Clamp(maxTokens, 0, tokens.Length)];
        Lookups++;
        LookupTokens += tokens.Length;
        var blocks = new List<BlockId>();
        var matched = 0;
        var key = scope.Root;
        if (_roots.TryGetValue(scope.Root, out var node))
        {
            while (matched < tokens.Length)
            {
                var (child, common) = node.Longest(tokens[matched..Math.Min(tokens.Length, matched + BlockRows)]);
                if (child is null)
                    break;
                pool.AddReference(child.Block);
                blocks.Add(child.Block);
                child.Hits++;
                matched += common;
                node = child;
                if (common < BlockRows)
                    break;
                key = child.Key;
            }

            Touch(node);
        }

        HitTokens += matched;
        return new PrefixMatch(pool, blocks, matched, key);
    }

    /// <summary>
    /// Adds the rows of <paramref name="tokens"/>, which lie in <paramref name="blocks"/>. Prefixes that are there already stay as they
    /// are, but a partly filled block gives way to one with more rows of the same path.
    /// </summary>
    public void Insert(CacheScope scope, ReadOnlySpan<int> tokens, ReadOnlySpan<BlockId> blocks)
    {
        if (blocks.Length != (tokens.Length + BlockRows - 1) / BlockRows)
            throw new ArgumentException($"{tokens.Length} tokens lie in {(tokens.Length + BlockRows - 1) / BlockRows} blocks of {BlockRows}, not in {blocks.Length}", nameof(blocks));
        if (tokens.Length == 0)
            return;
        if (!_roots.TryGetValue(scope.Root, out var node))
        {
            node = new PrefixNode(null, scope, [], new BlockId(-1), scope.Root);
            _roots.Add(scope.Root, node);
        }

        for (var i = 0; i < blocks.Length; i++)
        {
            var part = tokens[(i * BlockRows)..Math.Min(tokens.Length, (i + 1) * BlockRows)];
            var (child, common) = node.Longest(part);
            if (child is not null && common == part.Length)
            {
                // The same rows, or more of them, are there.
                node = child;
                if (part.Length < BlockRows || child.Tokens.Length < BlockRows)
                    break;
                continue;
            }

            if (child is not null && common == child.Tokens.Length)
                Supersede(child, part, blocks[i]);
            else
                child = AddChild(node, scope, part, blocks[i]);
            node = child;
        }

        Touch(node);
    }

    /// <summary>Frees at least <paramref name="blocks"/> blocks when that many are idle; returns how many were.</summary>
    public int Evict(int blocks)
    {
        var freed = 0;
        while (freed < blocks && TryChoose(out var node))
        {
            RemoveLeaf(node);
            Evictions++;
            freed++;
        }

        return freed;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        foreach (var node in _recency)
            pool.Release(node.Block);
        _recency.Clear();
        _roots.Clear();
    }

    /// <summary>Throws when the tree, the order of use and the pool do not agree.</summary>
    /// <exception cref="InvalidOperationException">Says what is wrong.</exception>
    public void CheckIntegrity()
    {
        var count = 0;
        foreach (var root in _roots.Values)
        {
            Require(!root.IsLeaf, "a root without children was left");
            count += CheckChildren(root);
        }

        Require(count == _recency.Count, $"{count} nodes are in the tree, {_recency.Count} in the order of use");
    }

    private int CheckChildren(PrefixNode node)
    {
        var count = 0;
        PrefixNode? previous = null;
        foreach (var child in node.Children)
        {
            Require(child.Parent == node, "a node's parent is another one");
            Require(child.Tokens.Length is > 0 && child.Tokens.Length <= BlockRows, $"a node has {child.Tokens.Length} tokens");
            Require(child.IsLeaf || child.Tokens.Length == BlockRows, "a partly filled node has children");
            Require(pool.References(child.Block) > 0, $"block {child.Block.Value} in the index has no reference");
            Require(pool.FilledRows(child.Block) >= child.Tokens.Length, $"block {child.Block.Value} has {pool.FilledRows(child.Block)} rows, its node {child.Tokens.Length}");
            if (previous is not null)
            {
                Require(previous.Tokens.AsSpan().SequenceCompareTo(child.Tokens) < 0, "children are out of order");
                Require(!child.Tokens.AsSpan().StartsWith(previous.Tokens), "a child's tokens are a prefix of the next one's");
            }

            previous = child;
            count += 1 + CheckChildren(child);
        }

        return count;
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
            throw new InvalidOperationException($"prefix index: {what}");
    }

    private int BlockRows => pool.Layout.BlockRows;

    private PrefixNode AddChild(PrefixNode parent, CacheScope scope, ReadOnlySpan<int> tokens, BlockId block)
    {
        var child = new PrefixNode(parent, scope, tokens.ToArray(), block, null);
        parent.Add(child);
        pool.AddReference(block);
        child.Recency = _recency.AddFirst(child);
        return child;
    }

    private void Supersede(PrefixNode node, ReadOnlySpan<int> tokens, BlockId block)
    {
        // Longer tokens with the same beginning keep the node's place among its siblings.
        node.Tokens = tokens.ToArray();
        if (node.Block == block)
            return;
        pool.AddReference(block);
        pool.Release(node.Block);
        node.Block = block;
    }

    /// <summary>Marks a path as used, parents after children, so that leaves are always older than what they hang on.</summary>
    private void Touch(PrefixNode node)
    {
        _clock++;
        for (var current = node; current.Recency is { } place; current = current.Parent!)
        {
            current.LastUse = _clock;
            _recency.Remove(place);
            _recency.AddFirst(place);
        }
    }

    private bool TryChoose(out PrefixNode node)
    {
        // Blocks in use were touched when they were taken, so idle leaves stand at the old end.
        _candidates.Clear();
        for (var place = _recency.Last; place is not null && _candidates.Count < RetentionWindow; place = place.Previous)
        {
            if (place.Value.IsLeaf && pool.References(place.Value.Block) == 1)
                _candidates.Add(place.Value);
        }

        node = null!;
        if (_candidates.Count == 0)
            return false;
        for (var i = 0; i < _candidates.Count; i++)
        {
            var candidate = _candidates[i];
            _snapshot[i] = new RetentionCandidate(_clock - candidate.LastUse, candidate.Hits, candidate.Tokens.Length, candidate.Depth);
        }

        node = _candidates[retention.ChooseVictim(_snapshot.AsSpan(0, _candidates.Count))];
        return true;
    }

    private void RemoveLeaf(PrefixNode node)
    {
        var parent = node.Parent!;
        parent.Remove(node);
        _recency.Remove(node.Recency!);
        pool.Release(node.Block);
        if (parent.Parent is null && parent.IsLeaf)
            _roots.Remove(parent.Scope.Root);
    }
}

using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Retention;
using Kvasir.KvCache.Retention.Objects;

namespace Kvasir.KvCache.Index;

/// <summary>
/// Finds the longest computed prefix of a prompt, per token: a radix tree over KV blocks, one root a scope (Zheng et al. 2024,
/// "SGLang", RadixAttention). Holds one reference to every block in it.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>A node is one block: the tokens of its rows, counted from the block's start. Only full blocks have children.</item>
/// <item>A hit may end inside a block: the block is shared up to that row, and whoever writes beside it copies first. Two prefixes
/// that part inside a block stand as two siblings, each with a block of its own that holds the common rows too.</item>
/// <item>A block stands at one place. Only leaves that nobody else refers to are evicted; they are kept in a heap, so the work of an
/// eviction does not grow with the tree.</item>
/// <item>Nodes are as many as blocks; a root goes with its last child.</item>
/// </list>
/// One thread at a time uses it, the pool's.
/// </remarks>
public sealed class PrefixIndex(BlockPool pool, IRetentionPolicy retention)
{
    /// <summary>Idle leaves that a retention policy chooses among: the least recently used ones.</summary>
    private const int RetentionWindow = 32;

    /// <summary>Weight of the newest prompt in a block's smoothed cost.</summary>
    private const double CostWeight = CostAwarePolicy.Weight;

    private readonly Dictionary<BlockKey, PrefixNode> _roots = [];
    private readonly LeafHeap _evictable = new();
    private readonly List<PrefixNode> _window = new(RetentionWindow);
    private readonly RetentionCandidate[] _snapshot = new RetentionCandidate[RetentionWindow];
    private long _clock;

    /// <summary>Blocks in the index, one a node.</summary>
    public int CachedBlocks { get; private set; }

    /// <summary>Rows that can be found.</summary>
    public long CachedTokens { get; private set; }

    /// <summary>Blocks that only the index refers to; those not held back by a descendant in use can be evicted.</summary>
    public int IdleBlocks { get; private set; }

    /// <summary>Look-ups so far.</summary>
    public long Lookups { get; private set; }

    /// <summary>Look-ups that found something.</summary>
    public long Hits { get; private set; }

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
        PrefixNode? lastFull = null;
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
                child.Cost += CostWeight * (tokens.Length - matched - child.Cost);
                retention.Seen(child.Prefix);
                matched += common;
                node = child;
                if (common < BlockRows)
                    break;
                lastFull = child;
            }

            Touch(node);
        }

        Hits += matched > 0 ? 1 : 0;
        HitTokens += matched;
        return new PrefixMatch(pool, blocks, matched, scope, lastFull);
    }

    /// <summary>
    /// Adds the rows of <paramref name="tokens"/>, which lie in <paramref name="blocks"/>, with a reference to each block that is new.
    /// Prefixes that are there already stay as they are (the caller keeps its own blocks), but a partly filled block gives way to one
    /// with more rows of the same path. A block that stands elsewhere in the index ends the insertion.
    /// </summary>
    /// <exception cref="ArgumentException">The number of blocks does not fit the tokens.</exception>
    public void Insert(CacheScope scope, ReadOnlySpan<int> tokens, ReadOnlySpan<BlockId> blocks)
    {
        if (blocks.Length != (tokens.Length + BlockRows - 1) / BlockRows)
            throw new ArgumentException($"{tokens.Length} tokens lie in {(tokens.Length + BlockRows - 1) / BlockRows} blocks of {BlockRows}, not in {blocks.Length}", nameof(blocks));
        if (tokens.Length == 0)
            return;
        if (!_roots.TryGetValue(scope.Root, out var root))
            _roots.Add(scope.Root, root = new PrefixNode(this, scope));
        var node = root;
        for (var i = 0; i < blocks.Length; i++)
        {
            var part = tokens[(i * BlockRows)..Math.Min(tokens.Length, (i + 1) * BlockRows)];
            var (child, common) = node.Longest(part);
            if (child is null || common < part.Length)
            {
                var extends = child is not null && common == child.Tokens.Length;
                if (pool.IsWatched(blocks[i]) && !(extends && child!.Block == blocks[i]))
                    break;
                if (extends)
                    Supersede(child!, part, blocks[i]);
                else
                    child = AddChild(node, part, blocks[i]);
            }

            // A prompt is added piece by piece; until another has found the block, its cost grows with the first one.
            if (child!.Hits == 0)
                child.Cost = Math.Max(child.Cost, tokens.Length - (i * BlockRows));
            node = child;
            if (part.Length < BlockRows)
                break; // the last part: the same rows, or more of them, are there now
        }

        Touch(node);
        if (root.IsLeaf)
            _roots.Remove(scope.Root);
    }

    /// <summary>
    /// Drops at least <paramref name="blocks"/> blocks when that many are idle; returns how many it dropped. They are free at once, or
    /// when the fences that are open now have closed.
    /// </summary>
    public int Evict(int blocks)
    {
        var dropped = 0;
        try
        {
            while (dropped < blocks)
            {
                FillWindow();
                if (_window.Count == 0)
                    break;
                var victim = retention.ChooseVictim(_snapshot.AsSpan(0, _window.Count));
                var node = _window[victim];
                _window[victim] = _window[^1];
                _snapshot[victim] = _snapshot[_window.Count - 1];
                _window.RemoveAt(_window.Count - 1);
                RemoveLeaf(node);
                Evictions++;
                dropped++;
            }
        }
        finally
        {
            foreach (var node in _window)
                _evictable.Add(node);
            _window.Clear();
        }

        return dropped;
    }

    /// <summary>Forgets everything, or everything of one scope. Blocks that others refer to live on for them.</summary>
    public void Clear(CacheScope? scope = null)
    {
        var pending = new Stack<PrefixNode>();
        if (scope is null)
        {
            foreach (var root in _roots.Values)
                pending.Push(root);
            _roots.Clear();
        }
        else if (_roots.Remove(scope.Root, out var root))
        {
            pending.Push(root);
        }

        while (pending.TryPop(out var node))
        {
            foreach (var child in node.Children)
                pending.Push(child);
            if (node.Parent is not null)
                Forget(node);
        }
    }

    /// <summary>Throws when the tree, the evictable leaves, the counters and the pool do not agree.</summary>
    /// <exception cref="InvalidOperationException">Says what is wrong.</exception>
    public void CheckIntegrity()
    {
        int blocks = 0, idle = 0, evictable = 0;
        var tokens = 0L;
        var seen = new HashSet<BlockId>();
        var pending = new Stack<PrefixNode>(_roots.Values);
        foreach (var (key, root) in _roots)
        {
            Require(!root.IsLeaf, "a root without children was left");
            Require(key == root.Scope.Root && root.Parent is null, "a root stands under another key");
        }

        while (pending.TryPop(out var node))
        {
            CheckChildren(node);
            foreach (var child in node.Children)
            {
                pending.Push(child);
                CheckNode(child);
                Require(seen.Add(child.Block), $"block {child.Block.Value} stands at two places");
                blocks++;
                tokens += child.Tokens.Length;
                idle += child.IsIdle ? 1 : 0;
                evictable += child.HeapPlace >= 0 ? 1 : 0;
            }
        }

        Require(blocks == CachedBlocks && tokens == CachedTokens, $"{blocks} blocks and {tokens} tokens are in the tree, {CachedBlocks} and {CachedTokens} are counted");
        Require(idle == IdleBlocks, $"{idle} blocks are idle, {IdleBlocks} are counted");
        Require(evictable == _evictable.Count, $"{evictable} leaves of the tree are evictable, {_evictable.Count} are in the heap");
        for (var i = 1; i < _evictable.Count; i++)
            Require(_evictable[(i - 1) / 2].LastUse <= _evictable[i].LastUse, "the evictable leaves are out of order");
    }

    /// <summary>A block became shared, or only the index refers to it now.</summary>
    internal void IdleChanged(PrefixNode node, bool idle)
    {
        if (node.IsIdle == idle)
            return;
        node.IsIdle = idle;
        IdleBlocks += idle ? 1 : -1;
        UpdateEvictable(node);
    }

    private void CheckNode(PrefixNode node)
    {
        var block = node.Block;
        Require(node.Tokens.Length is > 0 && node.Tokens.Length <= BlockRows, $"a node has {node.Tokens.Length} tokens");
        Require(node.IsLeaf || node.Tokens.Length == BlockRows, "a partly filled node has children");
        Require(pool.References(block) > 0, $"block {block.Value} in the index has no reference");
        Require(pool.IsWatched(block), $"block {block.Value} in the index is not watched");
        Require(pool.FilledRows(block) >= node.Tokens.Length, $"block {block.Value} has {pool.FilledRows(block)} rows, its node {node.Tokens.Length}");
        Require(node.IsIdle == (pool.References(block) == 1), $"block {block.Value} has {pool.References(block)} references and is {(node.IsIdle ? "" : "not ")}idle");
        Require((node.HeapPlace >= 0) == (node.IsIdle && node.IsLeaf), $"block {block.Value} is {(node.HeapPlace >= 0 ? "" : "not ")}evictable");
        Require(node.LastUse <= _clock && (node.Parent!.Parent is null || node.Parent.LastUse >= node.LastUse), $"block {block.Value} was used after the one before it");
    }

    private static void CheckChildren(PrefixNode node)
    {
        PrefixNode? previous = null;
        foreach (var child in node.Children)
        {
            Require(child.Parent == node, "a node's parent is another one");
            if (previous is not null)
            {
                Require(previous.Tokens.AsSpan().SequenceCompareTo(child.Tokens) < 0, "children are out of order");
                Require(!child.Tokens.AsSpan().StartsWith(previous.Tokens), "a child's tokens are a prefix of the next one's");
            }

            previous = child;
        }
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
            throw new InvalidOperationException($"prefix index: {what}");
    }

    private int BlockRows => pool.Layout.BlockRows;

    private PrefixNode AddChild(PrefixNode parent, ReadOnlySpan<int> tokens, BlockId block)
    {
        var child = new PrefixNode(this, parent, tokens.ToArray(), block);
        parent.Add(child);
        UpdateEvictable(parent);
        Hold(child);
        retention.Seen(child.Prefix);
        CachedBlocks++;
        CachedTokens += tokens.Length;
        return child;
    }

    private void Supersede(PrefixNode node, ReadOnlySpan<int> tokens, BlockId block)
    {
        // Longer tokens with the same beginning keep the node's place among its siblings.
        CachedTokens += tokens.Length - node.Tokens.Length;
        node.Tokens = tokens.ToArray();
        retention.Seen(node.Prefix);
        if (node.Block == block)
            return;
        LetGo(node);
        node.Block = block;
        Hold(node);
    }

    private void Hold(PrefixNode node)
    {
        pool.AddReference(node.Block);
        pool.Watch(node.Block, node);
        IdleChanged(node, pool.References(node.Block) == 1);
    }

    private void LetGo(PrefixNode node)
    {
        IdleChanged(node, false);
        pool.Watch(node.Block, null);
        pool.Release(node.Block);
    }

    private void UpdateEvictable(PrefixNode node)
    {
        var evictable = node.IsIdle && node.IsLeaf;
        if (evictable == node.HeapPlace >= 0)
            return;
        if (evictable)
            _evictable.Add(node);
        else
            _evictable.Remove(node);
    }

    /// <summary>Marks a path as used: what a node hangs on is never older than the node.</summary>
    private void Touch(PrefixNode node)
    {
        _clock++;
        for (var current = node; current.Parent is not null; current = current.Parent)
        {
            current.LastUse = _clock;
            if (current.HeapPlace >= 0)
                _evictable.Used(current);
        }
    }

    private void FillWindow()
    {
        while (_window.Count < RetentionWindow && _evictable.Count > 0)
        {
            var node = _evictable.TakeOldest();
            _snapshot[_window.Count] = new RetentionCandidate(_clock - node.LastUse, node.Hits, node.Tokens.Length, node.Depth, node.Cost, node.Prefix);
            _window.Add(node);
        }
    }

    private void RemoveLeaf(PrefixNode node)
    {
        var parent = node.Parent!;
        parent.Remove(node);
        Forget(node);
        if (parent.Parent is not null)
            UpdateEvictable(parent);
        else if (parent.IsLeaf)
            _roots.Remove(parent.Scope.Root);
    }

    private void Forget(PrefixNode node)
    {
        LetGo(node);
        CachedBlocks--;
        CachedTokens -= node.Tokens.Length;
    }
}

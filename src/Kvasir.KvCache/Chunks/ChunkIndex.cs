using System.Security.Cryptography;
using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Pool;

namespace Kvasir.KvCache.Chunks;

/// <summary>
/// Computed texts by content, whatever stood before them: whole chunks with their variants (Cache-Craft, arXiv 2502.15734), and
/// fragments of them that a prompt happens to contain (KVShare, arXiv 2503.16525). One thread uses it, the engine's.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>Nothing is found from another scope, and nothing without comparing the tokens.</item>
/// <item>The index holds one reference to each block that a run lies in. What it drops stays readable for who holds another.</item>
/// <item>When there is no room the least worthy run goes: worth is what its uses added, each halved with every half-life since
/// (<see cref="ChunkIndexOptions.HalfLifeTurnovers"/>); a new run starts with 1, which is what a use adds that repairs every row. Of
/// equal ones the least recently used goes.</item>
/// </list>
/// </remarks>
public sealed class ChunkIndex
{
    // No token is negative and no block of a prefix has one token, so no prefix has a key that starts with this.
    private const int ContentTag = -1;

    private readonly ChunkIndexOptions _options;
    private readonly HeldBlockSet _held;
    private readonly Dictionary<BlockKey, ScopeShelf> _shelves = [];
    private readonly Dictionary<KvRun, StoredRun> _stored = new(ReferenceEqualityComparer.Instance);
    private readonly SortedSet<StoredRun> _byWorth = [];
    private long _uses;
    private double _halfLives;

    /// <summary>Creates an index.</summary>
    /// <exception cref="ArgumentException">The options contradict each other.</exception>
    public ChunkIndex(BlockPool pool, ChunkIndexOptions options)
    {
        options.Validate();
        Pool = pool;
        _options = options;
        _held = new HeldBlockSet(pool);
    }

    /// <summary>The pool that the rows lie in.</summary>
    public BlockPool Pool { get; }

    /// <summary>Blocks held, each counted once.</summary>
    public int HeldBlocks => _held.Count;

    /// <summary>Runs in all scopes.</summary>
    public int Runs => _stored.Count;

    /// <summary>Calls of <see cref="Variants"/>.</summary>
    public long Lookups { get; private set; }

    /// <summary>Those that found something.</summary>
    public long Hits { get; private set; }

    /// <summary>Runs dropped for want of room or worth; not those that a newer one replaced, nor those cleared.</summary>
    public long Evictions { get; private set; }

    /// <summary>Tokens that <see cref="FindFragments"/> found.</summary>
    public long FragmentTokens { get; private set; }

    /// <summary>Names a text within a scope, whatever stands before it; never equal to the key of a prefix.</summary>
    public static BlockKey KeyOf(CacheScope scope, ReadOnlySpan<int> tokens) => scope.Chain(scope.Chain(scope.Root, [ContentTag]), tokens);

    /// <summary>The variants of a chunk, oldest first; empty when there are none. The list does not change when the index does.</summary>
    /// <param name="scope">Whose.</param>
    /// <param name="key">The chunk's <see cref="KeyOf"/>.</param>
    /// <param name="tokens">Its tokens; they are compared.</param>
    public IReadOnlyList<KvRun> Variants(CacheScope scope, BlockKey key, ReadOnlySpan<int> tokens)
    {
        Lookups++;
        if (!_shelves.TryGetValue(scope.Root, out var shelf) || !shelf.Chunks.TryGetValue(key, out var chunk) || !chunk.Tokens.Span.SequenceEqual(tokens))
            return [];
        Hits++;
        return chunk.Variants;
    }

    /// <summary>True when there is a chunk; counts no use.</summary>
    public bool Contains(CacheScope scope, BlockKey key) => _shelves.GetValueOrDefault(scope.Root)?.Chunks.ContainsKey(key) == true;

    /// <summary>
    /// Keeps rows as a variant of a chunk. One that was computed behind the same texts is replaced, and its worth inherited; when there
    /// are <see cref="ChunkIndexOptions.MaxVariants"/> others the least worthy of them goes.
    /// </summary>
    /// <param name="scope">Who may find it.</param>
    /// <param name="tokens">The chunk's tokens; copied.</param>
    /// <param name="basePosition">Position that the first row was computed at.</param>
    /// <param name="blocks">The blocks that the rows lie in, in order, every row written; the index takes references of its own.</param>
    /// <param name="firstSlot">Slot of the first row in the first block.</param>
    /// <param name="context">What stood before it, or null.</param>
    /// <returns>The run; null when it alone has more blocks than the index may hold.</returns>
    /// <exception cref="ArgumentException">The blocks do not hold the rows.</exception>
    public KvRun? Add(CacheScope scope, ReadOnlySpan<int> tokens, int basePosition, IReadOnlyList<BlockId> blocks, int firstSlot, ChunkContext? context)
    {
        Require(tokens, basePosition, blocks, firstSlot);
        var key = KeyOf(scope, tokens);
        var chunk = _shelves.GetValueOrDefault(scope.Root)?.Chunks.GetValueOrDefault(key);
        if (blocks.Count > _options.MaxBlocks || (chunk is not null && !chunk.Tokens.Span.SequenceEqual(tokens)))
            return null;
        // Held before others are dropped: they may be what keeps these blocks.
        _held.Hold(blocks);
        var older = chunk?.Behind(context);
        if (older is not null)
            Remove(older);
        else if (chunk?.Runs.Length >= _options.MaxVariants)
            Evict(chunk.LeastWorthy());
        while (_held.Count > _options.MaxBlocks)
            Evict(_byWorth.Min!);

        var shelf = Shelf(scope);
        chunk = Chunk(shelf, key, tokens);
        var run = new KvRun
        {
            Key = key,
            Scope = scope,
            Tokens = chunk.Tokens,
            BasePosition = basePosition,
            Blocks = [.. blocks],
            FirstSlot = firstSlot,
            Context = context,
        };
        var stored = new StoredRun(run, shelf, chunk);
        if (older is not null)
            stored.Inherit(older);
        chunk.Add(stored);
        _stored.Add(run, stored);
        Count(stored, older is null ? 1 : 0);
        return run;
    }

    /// <summary>
    /// Adds the fragments of stored texts in <c>tokens[start..end]</c>: ascending, apart from each other, each as long as text and prompt
    /// agree and at least <see cref="ChunkIndexOptions.MinFragment"/>; taken from left to right, of those that begin together the
    /// longest. Of a chunk's variants the newest is named.
    /// </summary>
    public void FindFragments(CacheScope scope, ReadOnlySpan<int> tokens, int start, int end, List<ChunkHit> hits)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(end, tokens.Length);
        if (_shelves.TryGetValue(scope.Root, out var shelf))
            FragmentTokens += shelf.Fragments.Find(tokens, start, end, hits);
    }

    /// <summary>Notes a use of a run, which makes it recent and adds to its worth. A run that is no longer there is passed over.</summary>
    /// <param name="run">The run.</param>
    /// <param name="value">What the use was worth, at least 0: a policy's <see cref="Blending.IBlendPolicy.ReuseValue"/>.</param>
    public void Used(KvRun run, double value)
    {
        if (!(value >= 0 && double.IsFinite(value)))
            throw new ArgumentOutOfRangeException(nameof(value), value, "the worth of a use is finite and at least 0");
        if (_stored.TryGetValue(run, out var stored))
            Count(stored, value);
    }

    /// <summary>Drops the least worthy runs until the index has let go of that many blocks, or has none left.</summary>
    /// <returns>Blocks let go of; those that others hold are not free yet.</returns>
    public int Evict(int blocks)
    {
        var before = _held.Count;
        while (before - _held.Count < blocks && _byWorth.Min is { } least)
            Evict(least);
        return before - _held.Count;
    }

    /// <summary>Drops all runs of a scope, or of all scopes.</summary>
    public void Clear(CacheScope? scope = null)
    {
        foreach (var stored in _byWorth.Where(stored => scope is null || stored.Shelf.Root == scope.Root).ToList())
            Remove(stored);
    }

    /// <summary>Throws when the books do not agree.</summary>
    /// <exception cref="InvalidOperationException">Says what is wrong.</exception>
    public void CheckIntegrity()
    {
        _held.CheckIntegrity(_stored.Keys);
        Require(_held.Count <= _options.MaxBlocks, $"{_held.Count} blocks are held, {_options.MaxBlocks} are allowed");
        Require(_byWorth.SetEquals(_stored.Values), "runs and their order by worth differ");
        var runs = 0;
        foreach (var (root, shelf) in _shelves)
        {
            Require(root == shelf.Root && shelf.Chunks.Count > 0, "a shelf is empty or misplaced");
            shelf.Fragments.CheckIntegrity(shelf.Chunks.Values);
            foreach (var (key, chunk) in shelf.Chunks)
            {
                runs += chunk.Variants.Length;
                Require(chunk.Variants.Length is > 0 && chunk.Variants.Length <= _options.MaxVariants, $"chunk {key} has {chunk.Variants.Length} variants");
                foreach (var stored in chunk.Runs)
                {
                    Require(_stored.GetValueOrDefault(stored.Run) == stored, $"a variant of chunk {key} is not among the runs");
                    Require(stored.Run.Scope.Root == root && stored.Run.Key == key && KeyOf(stored.Run.Scope, stored.Run.Tokens.Span) == key, $"a variant of chunk {key} is misplaced");
                    Require(stored.Shelf == shelf && chunk.Behind(stored.Run.Context) == stored, $"chunk {key} has two variants behind the same texts");
                }
            }
        }

        Require(runs == _stored.Count, $"{runs} variants are on the shelves, {_stored.Count} are counted");

        static void Require(bool holds, string what)
        {
            if (!holds)
                throw new InvalidOperationException($"chunk index: {what}");
        }
    }

    private void Require(ReadOnlySpan<int> tokens, int basePosition, IReadOnlyList<BlockId> blocks, int firstSlot)
    {
        var rows = Pool.Layout.BlockRows;
        ArgumentOutOfRangeException.ThrowIfNegative(basePosition);
        ArgumentOutOfRangeException.ThrowIfNegative(firstSlot);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(firstSlot, rows);
        var end = firstSlot + tokens.Length;
        var needed = (end + rows - 1) / rows;
        if (tokens.IsEmpty || blocks.Count != needed)
            throw new ArgumentException($"{tokens.Length} rows from slot {firstSlot} on lie in {needed} blocks of {rows}, not in {blocks.Count}", nameof(blocks));
        for (var i = 0; i < blocks.Count; i++)
        {
            var written = Pool.References(blocks[i]) == 0 ? 0 : Pool.FilledRows(blocks[i]);
            var used = Math.Min(rows, end - (i * rows));
            if (written < used)
                throw new ArgumentException($"block {blocks[i].Value} has {written} rows, the chunk needs {used} of it; add it when its rows are written", nameof(blocks));
        }
    }

    private ScopeShelf Shelf(CacheScope scope)
    {
        if (_shelves.TryGetValue(scope.Root, out var shelf))
            return shelf;
        shelf = new ScopeShelf(scope.Root, _options, BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));
        _shelves.Add(scope.Root, shelf);
        return shelf;
    }

    private static StoredChunk Chunk(ScopeShelf shelf, BlockKey key, ReadOnlySpan<int> tokens)
    {
        if (shelf.Chunks.TryGetValue(key, out var chunk))
            return chunk;
        chunk = new StoredChunk(key, tokens.ToArray());
        shelf.Chunks.Add(key, chunk);
        shelf.Fragments.Add(chunk);
        return chunk;
    }

    private void Count(StoredRun stored, double value)
    {
        _halfLives += stored.Run.Blocks.Count / (_options.HalfLifeTurnovers * _options.MaxBlocks);
        _byWorth.Remove(stored);
        stored.Add(value, _halfLives, ++_uses);
        _byWorth.Add(stored);
    }

    private void Evict(StoredRun stored)
    {
        Evictions++;
        Remove(stored);
    }

    private void Remove(StoredRun stored)
    {
        var chunk = stored.Chunk;
        _stored.Remove(stored.Run);
        _byWorth.Remove(stored);
        chunk.Remove(stored);
        _held.Drop(stored.Run.Blocks);
        if (chunk.Variants.Length > 0)
            return;
        stored.Shelf.Chunks.Remove(chunk.Key);
        stored.Shelf.Fragments.Remove(chunk);
        if (stored.Shelf.Chunks.Count == 0)
            _shelves.Remove(stored.Shelf.Root);
    }
}

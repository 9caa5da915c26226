using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Pool;

namespace Kvasir.KvCache.Chunks;

/// <summary>The chunks that exist, by content.</summary>
public sealed class ChunkIndex(BlockPool pool, ChunkIndexOptions options)
{
    private readonly Dictionary<BlockKey, List<KvRun>> _runs = [];

    public int HeldBlocks { get; private set; }

    public int Runs => _runs.Values.Sum(list => list.Count);

    public static BlockKey KeyOf(CacheScope scope, ReadOnlySpan<int> tokens) => scope.Chain(scope.Chain(scope.Root, [-1]), tokens);

    public IReadOnlyList<KvRun> Variants(CacheScope scope, BlockKey key, ReadOnlySpan<int> tokens) => _runs.TryGetValue(key, out var list) ? list : [];

    public KvRun? Add(CacheScope scope, ReadOnlySpan<int> tokens, int basePosition, IReadOnlyList<BlockId> blocks, int firstSlot, ChunkContext? context)
    {
        _ = options;
        foreach (var block in blocks)
            pool.AddReference(block);
        HeldBlocks += blocks.Count;
        var run = new KvRun { Key = KeyOf(scope, tokens), Scope = scope, Tokens = tokens.ToArray(), BasePosition = basePosition, Blocks = blocks, FirstSlot = firstSlot, Context = context };
        if (!_runs.TryGetValue(run.Key, out var list))
            _runs[run.Key] = list = [];
        list.Add(run);
        return run;
    }

    public void FindFragments(CacheScope scope, ReadOnlySpan<int> tokens, int start, int end, List<ChunkHit> hits)
    {
    }

    public void Used(KvRun run, double value)
    {
    }

    public int Evict(int blocks) => 0;

    public void Clear(CacheScope? scope = null)
    {
        foreach (var block in _runs.Values.SelectMany(list => list).SelectMany(run => run.Blocks))
            pool.Release(block);
        _runs.Clear();
        HeldBlocks = 0;
    }
}

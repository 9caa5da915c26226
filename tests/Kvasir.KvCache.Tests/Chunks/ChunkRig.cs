using Kvasir.KvCache.Chunks;
using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tests.Support;

namespace Kvasir.KvCache.Tests.Chunks;

/// <summary>An index over a small pool, and rows to put into it.</summary>
internal sealed class ChunkRig : IDisposable
{
    public const int Rows = 16;

    public ChunkRig(ChunkIndexOptions options, int capacity = 4096)
    {
        Pool = new BlockPool(TestLayouts.Small, new BlockPoolOptions { CapacityBlocks = capacity });
        Index = new ChunkIndex(Pool, options);
    }

    public BlockPool Pool { get; }

    public ChunkIndex Index { get; }

    public CacheScope Scope { get; } = TestScopes.Create();

    public static ChunkContext Behind(params int[] texts) => new()
    {
        Before = [.. texts.Select(Text)],
        HasSystemText = false,
        BeforeLengths = [.. texts.Select(_ => 10)],
        Inter = [.. texts.Select(_ => 1.0)],
        Intra = 1,
        TokenScores = ReadOnlyMemory<float>.Empty,
    };

    /// <summary>A key that stands for some text.</summary>
    public static BlockKey Text(int number)
    {
        var bytes = new byte[BlockKey.Size];
        BitConverter.TryWriteBytes(bytes, number);
        return new BlockKey(bytes);
    }

    /// <summary>Tokens that no other <paramref name="text"/> has.</summary>
    public static int[] Tokens(int text, int count) => [.. Enumerable.Range(0, count).Select(i => (text * 100_000) + i)];

    /// <summary>Blocks with written rows; the caller holds a reference to each.</summary>
    public List<BlockId> Write(int rows)
    {
        var blocks = new List<BlockId>();
        Assert.True(Pool.TryReserve((rows + Rows - 1) / Rows, out var reservation));
        using (reservation)
        {
            for (var left = rows; left > 0; left -= Rows)
            {
                blocks.Add(Pool.Allocate(reservation!, this));
                Pool.SetFilled(blocks[^1], Math.Min(left, Rows));
            }
        }

        return blocks;
    }

    public void Release(IEnumerable<BlockId> blocks)
    {
        foreach (var block in blocks)
            Pool.Release(block);
    }

    /// <summary>Writes rows, adds them and lets go of them: only the index holds them.</summary>
    public KvRun? Add(int[] tokens, ChunkContext? context = null, CacheScope? scope = null, int basePosition = 0)
    {
        var blocks = Write(tokens.Length);
        var run = Index.Add(scope ?? Scope, tokens, basePosition, blocks, 0, context);
        Release(blocks);
        Index.CheckIntegrity();
        Pool.CheckIntegrity();
        return run;
    }

    public IReadOnlyList<KvRun> Variants(int[] tokens, CacheScope? scope = null) =>
        Index.Variants(scope ?? Scope, ChunkIndex.KeyOf(scope ?? Scope, tokens), tokens);

    public List<ChunkHit> Find(int[] tokens, int start = 0, int? end = null, CacheScope? scope = null)
    {
        var hits = new List<ChunkHit>();
        Index.FindFragments(scope ?? Scope, tokens, start, end ?? tokens.Length, hits);
        return hits;
    }

    public void Dispose() => Pool.Dispose();
}

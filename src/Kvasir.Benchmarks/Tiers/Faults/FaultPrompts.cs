using System.Buffers.Binary;
using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Tiers;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Tiers.Faults;

/// <summary>Prompts that share prefixes, of two tenants, and the bytes that stand for their keys and values: a function of the block's key.</summary>
internal sealed class FaultPrompts
{
    private const int Documents = 48;
    private const int MaxChunks = 5;

    private readonly CacheScope[] _scopes;
    private readonly int[][] _documents;
    private readonly KvLayout _layout;
    private readonly int _chunkTokens;

    public FaultPrompts(ChunkGeometry geometry, int chunkTokens, Random random)
    {
        _layout = geometry.Layout;
        _chunkTokens = chunkTokens;
        _scopes = [.. new byte[][] { [], [1] }.Select(salt => new CacheScope(new byte[BlockKey.Size], geometry.Layout, "faults/1", salt, adapter: null))];
        _documents = new int[Documents][];
        for (var i = 0; i < Documents; i++)
        {
            _documents[i] = [.. Enumerable.Range(0, MaxChunks * chunkTokens).Select(_ => random.Next(1000))];
            if (i % 3 == 2)
                _documents[i - 1].AsSpan(0, random.Next(1, MaxChunks) * chunkTokens).CopyTo(_documents[i]);
        }
    }

    /// <summary>A prompt and its keys.</summary>
    public (int[] Tokens, KeyChain Keys) Draw(Random random)
    {
        var document = _documents[random.Next(Documents)];
        var tokens = document[..random.Next(_chunkTokens, document.Length + 1)];
        return (tokens, new KeyChain(_scopes[random.Next(_scopes.Length)], _layout.BlockRows));
    }

    /// <summary>The bytes of the block that ends a prefix.</summary>
    public static void Fill(BlockKey key, Span<byte> block)
    {
        Span<byte> bytes = stackalloc byte[BlockKey.Size];
        key.CopyTo(bytes);
        var state = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        for (var at = 0; at + sizeof(ulong) <= block.Length; at += sizeof(ulong))
        {
            state = (state * 6364136223846793005) + 1442695040888963407;
            BinaryPrimitives.WriteUInt64LittleEndian(block[at..], state);
        }
    }

    /// <summary>True when a block has the bytes that belong to its key.</summary>
    public static bool IsTrue(BlockKey key, ReadOnlySpan<byte> block)
    {
        var expected = new byte[block.Length];
        Fill(key, expected);
        return block.SequenceEqual(expected);
    }
}

using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Tiers;
using Kvasir.Numerics;

namespace Kvasir.KvCache.Tests.Tiers.Disk;

/// <summary>A chunk whose tokens and bytes follow from a number.</summary>
internal sealed unsafe class TestChunk : IChunkSource, IDisposable
{
    private readonly ChunkGeometry _geometry;
    private readonly NativeBuffer _bytes;
    private readonly int _blocks;

    public TestChunk(ChunkGeometry geometry, int seed, int blocks = 2, string tenant = "alice", int first = 0, BlockKey? parent = null)
    {
        _geometry = geometry;
        _blocks = blocks;
        _bytes = new NativeBuffer((nuint)geometry.Bytes(blocks));
        var random = new Random(seed);
        random.NextBytes(_bytes.AsSpan<byte>());
        Descriptor = new ChunkDescriptor
        {
            Key = KeyOf(seed),
            Parent = parent ?? KeyOf(seed + 1_000_000),
            Scope = KeyOf(-1),
            FirstToken = first,
            Tokens = Enumerable.Range(0, blocks * geometry.Layout.BlockRows).Select(_ => random.Next()).ToArray(),
            PromptTokens = first + (blocks * geometry.Layout.BlockRows) + 7,
            Tenant = tenant,
        };
    }

    public ChunkDescriptor Descriptor { get; }

    public static BlockKey KeyOf(int seed)
    {
        var bytes = new byte[BlockKey.Size];
        new Random(seed ^ 0x5A5A).NextBytes(bytes);
        return new BlockKey(bytes);
    }

    public byte* Record(int group, int block) =>
        _bytes.Pointer + _geometry.GroupOffset(group, _blocks) + ((long)block * _geometry.RecordBytes(group));

    /// <summary>True when the tier gives back what this chunk is; throws what the tier throws.</summary>
    public bool IsIn(IKvTier tier, TierPin pin)
    {
        var found = tier.Describe(pin);
        if (found with { Tokens = default } != Descriptor with { Tokens = default } || !found.Tokens.Span.SequenceEqual(Descriptor.Tokens.Span))
            return false;
        for (var group = 0; group < _geometry.Groups; group++)
        {
            var record = new byte[_geometry.RecordBytes(group)];
            for (var block = 0; block < _blocks; block++)
            {
                fixed (byte* destination = record)
                    tier.Read(pin, group, block, destination);
                if (!record.AsSpan().SequenceEqual(new ReadOnlySpan<byte>(Record(group, block), record.Length)))
                    return false;
            }
        }

        return true;
    }

    /// <summary>True when the tier has the chunk and gives it back as it is.</summary>
    public bool IsIn(IKvTier tier)
    {
        using var pin = tier.TryPin(Descriptor.Key, "test", TimeSpan.FromMinutes(1));
        return pin is not null && IsIn(tier, pin);
    }

    public StoreResult StoreIn(IKvTier tier) => tier.Store(Descriptor, this);

    public void Dispose() => _bytes.Dispose();
}

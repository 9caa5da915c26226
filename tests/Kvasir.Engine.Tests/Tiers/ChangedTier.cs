using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Tiers;
using Kvasir.Numerics;

namespace Kvasir.Engine.Tests.Tiers;

/// <summary>A tier whose objects are changed before they are stored, so that no checksum of its own can know.</summary>
internal sealed unsafe class ChangedTier(IKvTier inner, ChangedTier.Change change) : IKvTier
{
    /// <summary>Changes a chunk: its bytes as <c>[block][layer][slice]</c>.</summary>
    public delegate void Change(ChunkDescriptor chunk, Span<byte> bytes);

    public IKvTier Inner => inner;

    public string Name => inner.Name;

    public ChunkGeometry Geometry => inner.Geometry;

    public TierStatus Status => inner.Status;

    public bool Contains(BlockKey key) => inner.Contains(key);

    public TierPin? TryPin(BlockKey key, string owner, TimeSpan lifetime) => inner.TryPin(key, owner, lifetime);

    public ChunkDescriptor Describe(TierPin pin) => inner.Describe(pin);

    public void Read(TierPin pin, int group, int block, byte* destination) => inner.Read(pin, group, block, destination);

    public StoreResult Store(ChunkDescriptor chunk, IChunkSource source)
    {
        var layout = Geometry.Layout;
        var blocks = chunk.Tokens.Length / layout.BlockRows;
        using var copy = new Copy(Geometry, blocks);
        for (var group = 0; group < Geometry.Groups; group++)
        {
            for (var block = 0; block < blocks; block++)
                Buffer.MemoryCopy(source.Record(group, block), copy.Record(group, block), Geometry.RecordBytes(group), Geometry.RecordBytes(group));
        }

        change(chunk, copy.Bytes);
        return inner.Store(chunk, copy);
    }

    public bool Remove(BlockKey key) => inner.Remove(key);

    public IReadOnlyList<TierEntry> List() => inner.List();

    public void Dispose() => inner.Dispose();

    private sealed class Copy(ChunkGeometry geometry, int blocks) : IChunkSource, IDisposable
    {
        private readonly NativeBuffer _memory = new((nuint)geometry.Bytes(blocks));

        public Span<byte> Bytes => _memory.AsSpan<byte>();

        public byte* Record(int group, int block) =>
            _memory.Pointer + (block * geometry.Layout.BlockBytes) + geometry.GroupOffset(group, blocks: 1);

        public void Dispose() => _memory.Dispose();
    }
}

using Kvasir.Numerics;

namespace Kvasir.KvCache.Tiers.Archives;

/// <summary>A chunk in memory, block after block, which serves any cut into records.</summary>
internal sealed unsafe class BufferedChunk : IChunkSource, IDisposable
{
    private readonly ChunkGeometry _geometry;
    private readonly NativeBuffer _bytes;

    public BufferedChunk(ChunkDescriptor chunk, ChunkGeometry geometry, NativeBuffer bytes)
    {
        Chunk = chunk;
        _geometry = geometry;
        _bytes = bytes;
    }

    public ChunkDescriptor Chunk { get; }

    /// <summary>Reads a whole object of a tier.</summary>
    /// <exception cref="TierException">The tier does not give it.</exception>
    public static BufferedChunk Load(IKvTier tier, TierPin pin)
    {
        var chunk = tier.Describe(pin);
        var blocks = chunk.Tokens.Length / tier.Geometry.Layout.BlockRows;
        var buffered = new BufferedChunk(chunk, tier.Geometry, new NativeBuffer((nuint)tier.Geometry.Bytes(blocks)));
        try
        {
            for (var group = 0; group < tier.Geometry.Groups; group++)
            {
                for (var block = 0; block < blocks; block++)
                    tier.Read(pin, group, block, buffered.Record(group, block));
            }

            return buffered;
        }
        catch
        {
            buffered.Dispose();
            throw;
        }
    }

    public byte* Record(int group, int block) =>
        _bytes.Pointer + (block * _geometry.Layout.BlockBytes) + (_geometry.FirstLayer(group) * _geometry.Layout.SliceBytes);

    public void Dispose() => _bytes.Dispose();
}

using Kvasir.Numerics;

namespace Kvasir.KvCache.Tiers.Moves;

/// <summary>
/// A copy of a chunk on its way out of the pool. The pool's blocks are free to go as soon as it was made, however slow the tiers are.
/// </summary>
internal sealed unsafe class StoreBuffer(ChunkGeometry geometry, int blocks) : IChunkSource, IDisposable
{
    private readonly NativeBuffer _memory = new((nuint)geometry.Bytes(blocks));

    public void Fill(int block, byte* from) =>
        Buffer.MemoryCopy(from, _memory.Pointer + (block * geometry.Layout.BlockBytes), geometry.Layout.BlockBytes, geometry.Layout.BlockBytes);

    /// <summary>First byte of one layer of a block.</summary>
    public byte* Slice(int block, int layer) => _memory.Pointer + (block * geometry.Layout.BlockBytes) + (layer * geometry.Layout.SliceBytes);

    public byte* Record(int group, int block) =>
        _memory.Pointer + (block * geometry.Layout.BlockBytes) + geometry.GroupOffset(group, blocks: 1);

    public void Dispose() => _memory.Dispose();
}

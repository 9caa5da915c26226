namespace Kvasir.KvCache.Tiers;

/// <summary>A chunk's bytes, where they lie now. Valid until the store that it was given to returns.</summary>
public unsafe interface IChunkSource
{
    /// <summary>First byte of a record, whose size is <see cref="ChunkGeometry.RecordBytes"/>.</summary>
    /// <param name="group">Run of layers.</param>
    /// <param name="block">Block of the chunk, from 0.</param>
    byte* Record(int group, int block);
}

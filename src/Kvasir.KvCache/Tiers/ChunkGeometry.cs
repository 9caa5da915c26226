using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Tiers;

/// <summary>
/// How a chunk is cut into records, the unit that is read, sealed and checked: a record is a run of layers of one block. Such a run is
/// contiguous in the pool as it is in the object, so a record moves without being gathered.
/// </summary>
/// <remarks>
/// Records are ordered by layers, then by block, so that what the first layers need comes first. One run over all layers gives objects
/// that move fastest; shorter runs let compute begin before the last layer has come.
/// </remarks>
/// <param name="Layout">Layout of the blocks.</param>
/// <param name="LayersPerRecord">Layers of a record; the last run may be shorter.</param>
public sealed record ChunkGeometry(KvLayout Layout, int LayersPerRecord)
{
    /// <summary>Runs of layers.</summary>
    public int Groups => (Layout.Layers + LayersPerRecord - 1) / LayersPerRecord;

    /// <summary>Records of a chunk.</summary>
    /// <param name="blocks">Blocks of the chunk.</param>
    public int Records(int blocks) => Groups * blocks;

    /// <summary>Bytes of all records of a chunk.</summary>
    /// <param name="blocks">Blocks of the chunk.</param>
    public long Bytes(int blocks) => blocks * Layout.BlockBytes;

    /// <summary>First layer of a run.</summary>
    public int FirstLayer(int group) => group * LayersPerRecord;

    /// <summary>Bytes of each record of a run.</summary>
    public int RecordBytes(int group) =>
        checked((int)(Math.Min(LayersPerRecord, Layout.Layers - FirstLayer(group)) * Layout.SliceBytes));

    /// <summary>Where a run's records begin among the chunk's bytes.</summary>
    /// <param name="group">The run.</param>
    /// <param name="blocks">Blocks of the chunk.</param>
    public long GroupOffset(int group, int blocks) => FirstLayer(group) * Layout.SliceBytes * blocks;
}

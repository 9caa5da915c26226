namespace Kvasir.Numerics.Attention;

/// <summary>
/// Where the keys and values of a KV block lie: <c>[layers][kvHeads]{ keys, values }</c>, each head's part contiguous.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>A block holds <see cref="BlockRows"/> rows (token slots) of every layer and head. A layer's part of a block is a
/// <em>slice</em>; all slices have the same size, so a block can also be handed out slice by slice (the ragged form).</item>
/// <item>Keys are interleaved in groups of 16 rows: <c>[rows/16][headDim][16]</c>. Sixteen scores are then sixteen lanes,
/// each one chain over ascending dimensions, and no horizontal sum is needed.</item>
/// <item>Values are row-major: <c>[rows][headDim]</c>: lanes run over dimensions, rows are added in ascending order.</item>
/// <item>With <see cref="KvDataType.Q8_0"/> the scales (binary32) follow the elements: keys <c>[rows/16][headDim/32][16]</c>,
/// values <c>[rows][headDim/32]</c>. With <see cref="KvDataType.Q4_0"/> they are binary16.</item>
/// <item>With <see cref="KvDataType.Q4_0"/> an element is a byte with two dimensions of one row, of each 32 the i-th (lower four bits) and the
/// i+16th: keys are <c>[rows/16][headDim/2][16]</c>, values <c>[rows][headDim/2]</c>. No byte belongs to two rows.</item>
/// </list>
/// </remarks>
/// <param name="Layers">Number of layers that keep keys and values.</param>
/// <param name="KvHeads">Key/value heads a layer.</param>
/// <param name="HeadDim">Dimensions of a key and of a value; a multiple of 2 (of 32 when quantised).</param>
/// <param name="Type">Element type.</param>
/// <param name="BlockRows">Rows a block; a multiple of <see cref="RowGroup"/>.</param>
public sealed record KvLayout(int Layers, int KvHeads, int HeadDim, KvDataType Type, int BlockRows = 32)
{
    /// <summary>Rows whose keys are interleaved.</summary>
    public const int RowGroup = 16;

    /// <summary>Dimensions that share a scale in the quantised form.</summary>
    public const int ScaleGroup = 32;

    /// <summary>Bytes of an element.</summary>
    public int ElementBytes => Type switch
    {
        KvDataType.F32 => 4,
        KvDataType.F16 or KvDataType.BF16 => 2,
        KvDataType.Q8_0 or KvDataType.Q4_0 => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(Type), Type, "unknown KV data type"),
    };

    /// <summary>Whether elements have scales.</summary>
    public bool IsQuantized => Type is KvDataType.Q8_0 or KvDataType.Q4_0;

    /// <summary>Stored elements of one head's key (or value).</summary>
    public int Elements => Type == KvDataType.Q4_0 ? HeadDim / 2 : HeadDim;

    /// <summary>Bytes of the elements of one head's key (or value), without scales.</summary>
    public int RowBytes => Elements * ElementBytes;

    /// <summary>Scales of one head's key (or value); 0 when there are none.</summary>
    public int Scales => IsQuantized ? HeadDim / ScaleGroup : 0;

    /// <summary>Bytes of a scale; 0 when there are none.</summary>
    public int ScaleBytes => Type switch
    {
        KvDataType.Q8_0 => sizeof(float),
        KvDataType.Q4_0 => sizeof(ushort),
        _ => 0,
    };

    /// <summary>Bytes of the scales of one head's keys (or values) in a block; 0 when there are none.</summary>
    public int ScaleBytesPerHead => BlockRows * Scales * ScaleBytes;

    /// <summary>Bytes of one head's keys (or values) in a block, scales included, rounded up to a cache line.</summary>
    public int HeadBytes => ((BlockRows * RowBytes) + ScaleBytesPerHead + 63) & ~63;

    /// <summary>Bytes of one layer in a block.</summary>
    public long SliceBytes => 2L * KvHeads * HeadBytes;

    /// <summary>Bytes of a block.</summary>
    public long BlockBytes => Layers * SliceBytes;

    /// <summary>Bytes that a token takes, over all layers and heads.</summary>
    public double BytesPerToken => (double)BlockBytes / BlockRows;

    /// <summary>Offset of a head's keys inside a slice.</summary>
    public int KeyOffset(int head) => 2 * head * HeadBytes;

    /// <summary>Offset of a head's values inside a slice.</summary>
    public int ValueOffset(int head) => ((2 * head) + 1) * HeadBytes;

    /// <summary>Throws when the shape cannot be stored.</summary>
    /// <exception cref="ArgumentException">A dimension is not positive or not a multiple of what the layout needs.</exception>
    public void Validate()
    {
        if (Layers <= 0 || KvHeads <= 0 || HeadDim <= 0 || BlockRows <= 0)
            throw new ArgumentException($"KV layout {this}: layers, heads, head dimension and block rows must be positive");
        if (BlockRows % RowGroup != 0)
            throw new ArgumentException($"KV layout: block rows {BlockRows} must be a multiple of {RowGroup}");
        if (HeadDim % 2 != 0 || (IsQuantized && HeadDim % ScaleGroup != 0))
            throw new ArgumentException($"KV layout: head dimension {HeadDim} does not fit {Type} (needs a multiple of {(IsQuantized ? ScaleGroup : 2)})");
    }
}

namespace Kvasir.Numerics.Kernels;

/// <summary>
/// What the kernels know of a quantised type, and where the pieces of a packed block lie: 32 k of a panel's 32 columns, byte offsets from the
/// block's start, all whole cache lines. A kernel that streams weights reads one ascending run of memory a panel.
/// </summary>
/// <remarks>
/// <para>Values are unsigned, four consecutive k of a column side by side: vector (group, half) holds four k of sixteen columns. Bytes lie
/// <c>[8 groups][2 halves][64]</c>. Otherwise the low four bits of group g lie in the low (g below 4) or high nibbles of vector g mod 4,
/// <c>[4][2 halves][64]</c>, fifth bits in bit g of <c>[2 halves][64]</c>, or fifth and sixth bits in bits 2 (g mod 4) and up of
/// <c>[2 (g div 4)][2 halves][64]</c>. Of values of two and three bits the low two of group g lie in bits 2 (g div 2) and up of vector
/// g mod 2, <c>[2][2 halves][64]</c>, third bits in bit g of <c>[2 halves][64]</c>.</para>
/// <para>Scales and minima of a plain type are binary16 <c>[32 columns]</c>, of MXFP4 bfloat16. Those of a type with super-blocks are bytes
/// <c>[ScalesPerBlock][32 columns]</c>, to be multiplied by a binary16 of the column for eight blocks; these stand before the eight
/// blocks.</para>
/// <para>A weight is <c>scale * (q - Offset) + minimum</c> for a plain type and <c>scale * (q - Offset) - minimum</c> for one with
/// super-blocks; with a table, what is stored is a number in it, and q what it holds there.</para>
/// </remarks>
internal sealed class QuantForm
{
    private static readonly QuantForm?[] Forms = Create();

    private QuantForm(DataType type, int bits, int offset, int groupsPerWord = 4)
    {
        Type = type;
        Bits = bits;
        LowBits = bits == 8 ? 8 : bits < 4 ? 2 : 4;
        HasMinimum = type.HasMinimum;
        HasSuperBlocks = type.HasSuperBlocks;
        ScalesPerBlock = type.ScalesPerBlock;
        Offset = offset;
        GroupsPerWord = groupsPerWord;
        Table = type.HasTable ? Array.ConvertAll(LevelTable.Of(type).ToArray(), level => (byte)(level + offset)) : null;
        High = 128 * LowBits;
        Scales = 128 * bits;
        var scaleBytes = (HasSuperBlocks ? 32 : 64) * ScalesPerBlock;
        Minima = Scales + scaleBytes;
        BlockBytes = (Minima + (HasMinimum ? scaleBytes : 0) + 63) / 64 * 64;
        GroupBlocks = HasSuperBlocks ? 8 : 1;
        HeaderBytes = HasSuperBlocks ? HasMinimum ? 128 : 64 : 0;
    }

    /// <summary>The types that there are kernels for.</summary>
    public static IEnumerable<QuantForm> All => Forms.OfType<QuantForm>();

    public DataType Type { get; }

    /// <summary>Bits of a stored value: 2, 3, 4, 5, 6 or 8.</summary>
    public int Bits { get; }

    /// <summary>Bits of it that lie together, 2, 4 or 8; the others lie at <see cref="High"/>.</summary>
    public int LowBits { get; }

    /// <summary>The unsigned values that four bits stand for, the offset added; null when they stand for themselves.</summary>
    public byte[]? Table { get; }

    /// <summary>True when scales are bfloat16, not binary16.</summary>
    public bool HasPowerScales => Type == DataType.MXFP4;

    /// <summary>Subtracted from every value; a power of two, or 0 where there is a minimum.</summary>
    public int Offset { get; }

    /// <summary>True when blocks have a minimum beside the scale.</summary>
    public bool HasMinimum { get; }

    /// <summary>True when scales are bytes times a binary16 for eight blocks.</summary>
    public bool HasSuperBlocks { get; }

    /// <summary>1, or 2 when each sixteen k have their own.</summary>
    public int ScalesPerBlock { get; }

    /// <summary>Blocks behind one header: 8 or 1.</summary>
    public int GroupBlocks { get; }

    /// <summary>Bytes of the header of a super-block: scales, then minima, binary16 <c>[32 columns]</c>.</summary>
    public int HeaderBytes { get; }

    /// <summary>Where the bits above the low ones lie.</summary>
    public int High { get; }

    public int Scales { get; }

    public int Minima { get; }

    public int BlockBytes { get; }

    /// <summary>Groups of four products whose sum fits 16 bits; 0 when not even one does.</summary>
    public int GroupsPerWord { get; }

    /// <exception cref="NotSupportedException">There are no kernels for the type.</exception>
    public static QuantForm Of(DataType type) =>
        (uint)type < (uint)Forms.Length && Forms[(int)type] is { } form
            ? form
            : throw new NotSupportedException($"matrix multiplication with {type.Name} weights");

    /// <summary>Bytes of <paramref name="blocks"/> blocks from the start of a panel, whole groups.</summary>
    public long PanelBytes(int blocks) => (long)blocks / GroupBlocks * (HeaderBytes + (GroupBlocks * BlockBytes));

    /// <summary>Where the header of a block's group begins.</summary>
    public long HeaderOffset(int block) => PanelBytes(block / GroupBlocks * GroupBlocks);

    /// <summary>Where a block begins.</summary>
    public long BlockOffset(int block) => HeaderOffset(block) + HeaderBytes + ((long)block % GroupBlocks * BlockBytes);

    private static QuantForm?[] Create()
    {
        QuantForm[] all =
        [
            new(DataType.Q8_0, 8, offset: 128, groupsPerWord: 0),
            new(DataType.Q4_0, 4, offset: 8),
            new(DataType.Q4_1, 4, offset: 0),
            new(DataType.Q5_0, 5, offset: 16),
            new(DataType.Q5_1, 5, offset: 0),
            new(DataType.IQ4_NL, 4, offset: 128, groupsPerWord: 0),
            new(DataType.MXFP4, 4, offset: 16),
            new(DataType.Q2_K, 2, offset: 0),
            new(DataType.Q3_K, 3, offset: 4),
            new(DataType.Q4_K, 4, offset: 0),
            new(DataType.Q5_K, 5, offset: 0),
            new(DataType.Q6_K, 6, offset: 32, groupsPerWord: 2),
            new(DataType.IQ4_XS, 4, offset: 128, groupsPerWord: 0),
        ];
        var forms = new QuantForm?[(int)all.Max(form => form.Type) + 1];
        foreach (var form in all)
            forms[(int)form.Type] = form;
        return forms;
    }
}

namespace Kvasir.Numerics.Attention;

/// <summary>
/// KIVI's form of stored rows (Liu et al. 2024, section 3.2): 32 consecutive rows of a head together, keys quantised channel by channel
/// over the rows, values row by row over 32 dimensions, in 4 or 2 bits.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>A group is two parts, keys and values. Each is <see cref="HeadDim"/> <em>lines</em> of 32 numbers: of keys one line a channel (numbers are
/// rows), of values <c>HeadDim / 32</c> lines a row (numbers are dimensions).</item>
/// <item>A part is <c>scales[HeadDim] minima[HeadDim]</c> (binary16), then codes. A number is <c>code * scale + minimum</c>, rounded once.</item>
/// <item>Codes lie in units of 16 bytes; byte i has number i in its lower bits and number i + 16 above them: one line a unit in 4 bits, two
/// neighbouring lines in 2 bits, the second above the first.</item>
/// <item>Bits a number, scales and minima counted: 5 and 3.</item>
/// </list>
/// </remarks>
/// <param name="Bits">4 or 2.</param>
/// <param name="HeadDim">Dimensions of a key and of a value; a multiple of 32.</param>
public readonly unsafe record struct PackedForm(int Bits, int HeadDim) : IPackedForm
{
    /// <summary>Rows that are quantised together, and numbers of a line.</summary>
    public const int GroupRows = IPackedForm.GroupRows;

    internal const int UnitBytes = 16;

    /// <summary>Lines that share a unit of codes.</summary>
    internal int LinesPerUnit => 4 / Bits;

    /// <summary>The largest code.</summary>
    internal int MaxCode => (1 << Bits) - 1;

    /// <summary>Bytes before the codes of a part.</summary>
    internal int HeaderBytes => 2 * HeadDim * sizeof(ushort);

    /// <summary>Bytes of the keys, or of the values, of a group.</summary>
    public int PartBytes => HeaderBytes + (HeadDim / LinesPerUnit * UnitBytes);

    /// <summary>Bytes of a group of one head.</summary>
    public int GroupBytes => 2 * PartBytes;

    /// <summary>Groups that fit where a block's rows of one head lie.</summary>
    public int GroupsPerPiece(KvLayout layout) => 2 * layout.HeadBytes / GroupBytes;

    /// <summary>Where a group of a head lies in a slice.</summary>
    public int Offset(KvLayout layout, int head, int group) => layout.KeyOffset(head) + (group * GroupBytes);

    /// <inheritdoc/>
    public int RowsPerPiece(KvLayout layout, int layer) => GroupsPerPiece(layout) * GroupRows;

    /// <inheritdoc/>
    public double RowBytes(KvLayout layout, int layer) => (double)GroupBytes / GroupRows * layout.KvHeads;

    /// <inheritdoc/>
    /// <remarks>The range is the whole group.</remarks>
    public void Encode(KvLayout layout, int layer, Range heads, in PackedGroup rows, Range range, byte* piece, int place)
    {
        var numbers = GroupRows * HeadDim;
        for (int head = heads.Start.Value, at = 0; head < heads.End.Value; head++, at += numbers)
            PackedRows.Encode(this, rows.Keys.Slice(at, numbers), rows.Values.Slice(at, numbers), piece + Offset(layout, head, place / GroupRows));
    }

    /// <inheritdoc/>
    public void Read(KvLayout layout, int layer, int head, byte* piece, int place, int position, Span<float> key, Span<float> value) =>
        PackedRows.Read(this, piece + Offset(layout, head, place / GroupRows), place % GroupRows, key, value);

    /// <inheritdoc/>
    public void Describe(ref KvSegment segment, int layer, int position) => segment.PackedBits = Bits;

    /// <summary>Throws when rows cannot be kept in this form.</summary>
    /// <exception cref="ArgumentException">Bits are neither 4 nor 2, or dimensions no multiple of 32.</exception>
    public void Validate()
    {
        if (Bits is not (4 or 2))
            throw new ArgumentException($"rows are packed in 4 or 2 bits, not in {Bits}");
        if (HeadDim <= 0 || HeadDim % GroupRows != 0)
            throw new ArgumentException($"packed rows need a head dimension that is a multiple of {GroupRows}, and this one is {HeadDim}");
    }
}

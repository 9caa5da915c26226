namespace Kvasir.Numerics.Kernels;

/// <summary>
/// Weights of one data type, packed in panels of 16 columns (outputs); the number of panels is even. Per panel: float types
/// <c>[K][16]</c>; quantised types all blocks' values, then fifth bits, scales (binary16 <c>[blocks][16]</c>) and minima.
/// </summary>
/// <remarks>
/// Values of a quantised block are unsigned, four consecutive k of a column side by side: <c>[8 groups][16 columns][4 k]</c>. With 4
/// bits, group g is in the low and group g + 4 in the high nibbles of vector g; fifth bits of group g are bit g of one 64-byte vector.
/// The size is that of the file.
/// </remarks>
internal sealed unsafe class PackedPart : IDisposable
{
    public const int PanelColumns = 16;

    /// <summary>Panels that a kernel works on together.</summary>
    public const int PanelGroup = 2;

    private readonly NativeBuffer _memory;

    public PackedPart(DataType type, int columns, int depth, int firstColumn)
    {
        Type = type;
        Columns = columns;
        Depth = depth;
        FirstColumn = firstColumn;
        Blocks = type.IsQuantized ? depth / 32 : 0;
        var panels = (columns + PanelColumns - 1) / PanelColumns;
        Panels = (panels + PanelGroup - 1) / PanelGroup * PanelGroup;
        var valueBytes = type switch
        {
            DataType.F32 => depth * 64,
            DataType.F16 or DataType.BF16 => depth * 32,
            DataType.Q8_0 => Blocks * 512,
            _ => Blocks * 256,
        };
        HighOffset = valueBytes;
        ScaleOffset = HighOffset + (type is DataType.Q5_0 or DataType.Q5_1 ? Blocks * 64 : 0);
        MinimumOffset = ScaleOffset + (Blocks * 32);
        PanelBytes = (MinimumOffset + (type.HasMinimum ? Blocks * 32 : 0) + 63) & ~63;
        _memory = new NativeBuffer((nuint)PanelBytes * (nuint)Panels);
    }

    public DataType Type { get; }

    /// <summary>Outputs.</summary>
    public int Columns { get; }

    /// <summary>K.</summary>
    public int Depth { get; }

    /// <summary>Where the part's outputs stand in a result row.</summary>
    public int FirstColumn { get; }

    /// <summary>Blocks of 32 along K.</summary>
    public int Blocks { get; }

    public int Panels { get; }

    public int PanelBytes { get; }

    public int HighOffset { get; }

    public int ScaleOffset { get; }

    public int MinimumOffset { get; }

    public long Bytes => (long)PanelBytes * Panels;

    public byte* Panel(int index) => _memory.Pointer + ((long)index * PanelBytes);

    public void Dispose() => _memory.Dispose();
}

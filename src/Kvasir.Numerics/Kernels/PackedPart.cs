namespace Kvasir.Numerics.Kernels;

/// <summary>
/// Weights of one data type, packed in panels of 32 columns (outputs). A panel holds its K in ascending order: float types <c>[K][32]</c>,
/// quantised types block by block (<see cref="QuantForm"/>). The size is that of the file.
/// </summary>
internal sealed unsafe class PackedPart : IDisposable
{
    /// <summary>Columns of a panel: two vectors of sixteen.</summary>
    public const int PanelColumns = 32;

    private readonly NativeBuffer _memory;
    private readonly QuantForm? _form;

    public PackedPart(DataType type, int columns, int depth, int firstColumn)
    {
        Type = type;
        Columns = columns;
        Depth = depth;
        FirstColumn = firstColumn;
        Blocks = type.IsQuantized ? depth / 32 : 0;
        _form = type.IsQuantized ? QuantForm.Of(type) : null;
        Panels = (columns + PanelColumns - 1) / PanelColumns;
        PanelBytes = _form is not null ? _form.PanelBytes(Blocks) : (long)depth * PanelColumns * type.BlockBytes;
        _memory = new NativeBuffer((nuint)PanelBytes * (nuint)Panels);
    }

    public DataType Type { get; }

    /// <summary>Outputs.</summary>
    public int Columns { get; }

    /// <summary>K.</summary>
    public int Depth { get; }

    /// <summary>Where the part's outputs stand in a result row.</summary>
    public int FirstColumn { get; }

    /// <summary>Blocks of 32 along K; 0 for float types.</summary>
    public int Blocks { get; }

    /// <summary>Of a quantised type.</summary>
    public QuantForm Form => _form!;

    public int Panels { get; }

    public long PanelBytes { get; }

    public long Bytes => PanelBytes * Panels;

    public byte* Panel(int index) => _memory.Pointer + (index * PanelBytes);

    public void Dispose() => _memory.Dispose();
}

using Kvasir.Numerics.Kernels;

namespace Kvasir.Numerics.MachineCode;

/// <summary>What a <see cref="VnniTileCode"/> function gets; eight bytes a field, so that a field's number gives its place.</summary>
internal unsafe struct VnniArguments
{
    /// <summary>First block of the first panel.</summary>
    public byte* Weights;

    /// <summary>Bytes from panel to panel.</summary>
    public long PanelBytes;

    /// <summary>Bytes of the blocks to work through, one or more.</summary>
    public long SpanBytes;

    /// <summary>First block of the first row.</summary>
    public ActivationBlock* X;

    /// <summary>Bytes from row to row.</summary>
    public long XStride;

    /// <summary>Result of the first row in the first panel.</summary>
    public float* Y;

    /// <summary>Bytes from row to row.</summary>
    public long YStride;

    /// <summary>Panels, one or more.</summary>
    public long Panels;

    /// <summary>The function's own: end of the blocks of a panel.</summary>
    public byte* End;

    /// <summary>Bytes from a block to one that will be needed later: the next panel's.</summary>
    public long Ahead;

    /// <summary>What four bits stand for, sixteen bytes; of forms with a table.</summary>
    public ulong TableLow;

    public ulong TableHigh;
}

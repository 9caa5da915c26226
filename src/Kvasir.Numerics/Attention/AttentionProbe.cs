namespace Kvasir.Numerics.Attention;

/// <summary>Stub.</summary>
public unsafe struct AttentionProbe
{
    public int FirstRow;
    public int RowCount;
    public long FirstColumn;
    public int ColumnCount;
    public float* ColumnMass;
    public int RangeCount;
    public long* RangeStarts;
    public long* RangeEnds;
    public float* RangeMass;
    public float* RowWeights;
}

namespace Kvasir.Numerics.Kernels;

/// <summary>The inner kernel of quantised matmul on one path.</summary>
internal interface IQuantTile
{
    /// <summary>Most rows a call.</summary>
    static abstract int MaxRows { get; }

    /// <summary>True when the kernel reads <see cref="ActivationBlocks.Words"/>.</summary>
    static abstract bool UsesWords { get; }

    static abstract void Run(in QuantTileCall call);
}

/// <summary>Some rows times some neighbouring panels, for blocks <c>[FirstBlock, EndBlock)</c> of K.</summary>
internal unsafe struct QuantTileCall
{
    public PackedPart Part;

    public int Panel;

    public int Panels;

    public ActivationBlocks X;

    public int Row;

    public int Rows;

    public int FirstBlock;

    public int EndBlock;

    /// <summary>Goes on with the chains that stand in <see cref="Y"/>, instead of +0.</summary>
    public bool Resume;

    /// <summary>Results: row r, column c of the first panel at <c>Y + r * Stride + c</c>; all 32 columns of a panel are written.</summary>
    public float* Y;

    public int Stride;
}

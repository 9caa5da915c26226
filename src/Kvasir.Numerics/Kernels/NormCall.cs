namespace Kvasir.Numerics.Kernels;

/// <summary>Norms of equal parts of rows: part g of row r begins at <c>X + r * Stride + g * Width</c> and is normed alone.</summary>
public unsafe struct NormCall
{
    /// <summary>Inputs; may be the outputs.</summary>
    public float* X;

    /// <summary>Rows.</summary>
    public int Rows;

    /// <summary>Elements from one row to the next.</summary>
    public int Stride;

    /// <summary>Parts a row; 1 for the whole row.</summary>
    public int Parts;

    /// <summary>Elements a part.</summary>
    public int Width;

    /// <summary>Weight: <c>[Width]</c> for all parts, or <c>[Parts, Width]</c>.</summary>
    public float* Weight;

    /// <summary>Elements from one part's weight (and bias) to the next one's: 0 or <see cref="Width"/>.</summary>
    public int WeightStride;

    /// <summary>Bias like the weight, or null.</summary>
    public float* Bias;

    /// <summary>Added under the root.</summary>
    public float Epsilon;

    /// <summary>The norm.</summary>
    public NormKind Kind;

    /// <summary>Outputs; part g of row r at <c>Y + r * YStride + g * Width</c>.</summary>
    public float* Y;

    /// <summary>Elements from one row of outputs to the next.</summary>
    public int YStride;
}

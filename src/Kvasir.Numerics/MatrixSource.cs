namespace Kvasir.Numerics;

/// <summary>A weight matrix as it lies in a model file: <c>[rows (N), columns (K)]</c>, row-major, not owned.</summary>
/// <param name="Type">Element type.</param>
/// <param name="Rows">Output features N.</param>
/// <param name="Columns">Input features K.</param>
/// <param name="Data">First byte; valid while the model file is open.</param>
/// <param name="RowOrder">When not null, row i of the matrix is stored row <c>RowOrder[i]</c> (rope permutations, parts of fused matrices).</param>
/// <param name="Stride">
/// 0 when rows are contiguous. Otherwise the matrix is stored transposed, as floats: element (row, column) lies
/// <c>column * Stride + row</c> elements behind <paramref name="Data"/>.
/// </param>
public readonly unsafe record struct MatrixSource(DataType Type, int Rows, int Columns, nint Data, int[]? RowOrder = null, int Stride = 0)
{
    /// <summary>Bytes of a stored row.</summary>
    public long RowBytes => Type.RowBytes(Columns);
}

namespace Kvasir.Models;

/// <summary>The outcome of a conversion.</summary>
/// <param name="Path">The new file.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Matrices">Each matrix, in file order.</param>
public sealed record ConversionReport(string Path, long Bytes, IReadOnlyList<ConvertedTensor> Matrices)
{
    /// <summary>Bits a weight, over the matrices.</summary>
    public double BitsPerWeight
    {
        get
        {
            long weights = Matrices.Sum(m => (long)m.Rows * m.Columns);
            long bytes = Matrices.Sum(m => Numerics.DataTypeInfo.RowBytes(m.To, m.Columns) * m.Rows);
            return weights == 0 ? 0 : 8.0 * bytes / weights;
        }
    }
}

using Kvasir.Numerics;

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
            long weights = Matrices.Sum(m => m.Weights);
            long bytes = Matrices.Sum(m => m.To.RowBytes(m.Columns) * m.Rows);
            return weights == 0 ? 0 : 8.0 * bytes / weights;
        }
    }

    /// <summary>The types of the matrices, the one of most weights first; errors are means over matrices.</summary>
    public IReadOnlyList<ConvertedType> Types =>
    [
        .. Matrices.GroupBy(m => m.To).Select(group => new ConvertedType(
            group.Key, group.Count(), group.Sum(m => m.Weights), group.Average(m => m.RelativeError), group.Average(m => m.WeightedError)))
            .OrderByDescending(type => type.Weights),
    ];
}

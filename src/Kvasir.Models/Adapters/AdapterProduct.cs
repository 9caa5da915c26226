namespace Kvasir.Models;

/// <summary>Adds what an adapter does to a matrix to the matrix itself: <c>W + scale * B A</c>.</summary>
internal static class AdapterProduct
{
    /// <summary>Adds a row; sums run in double precision and are rounded once.</summary>
    /// <param name="matrix">The adapter's part.</param>
    /// <param name="scale">A factor beside the file's own.</param>
    /// <param name="row">The row, in the model's order.</param>
    /// <param name="weights">The matrix's row, <c>[Inputs]</c>.</param>
    public static void AddRow(AdapterMatrix matrix, float scale, int row, Span<float> weights)
    {
        double factor = (double)matrix.Scale * scale;
        var b = matrix.B.AsSpan(row * matrix.Rank, matrix.Rank);
        var sums = new double[weights.Length];
        for (int k = 0; k < matrix.Rank; k++)
        {
            var a = matrix.A.AsSpan(k * matrix.Inputs, matrix.Inputs);
            double value = factor * b[k];
            for (int i = 0; i < sums.Length; i++)
                sums[i] += value * a[i];
        }

        for (int i = 0; i < sums.Length; i++)
            weights[i] = (float)(weights[i] + sums[i]);
    }
}

namespace Kvasir.Engine.Compression.Profiling;

/// <summary>Eigenvalues and eigenvectors of symmetric matrices by cyclic Jacobi rotations (Golub and Van Loan, section 8.5).</summary>
internal static class SymmetricEigen
{
    private const int MaxSweeps = 60;

    /// <summary>Decomposes a matrix.</summary>
    /// <param name="matrix"><c>[n, n]</c>, symmetric.</param>
    /// <param name="n">Rows.</param>
    /// <returns>Eigenvalues, descending, and their unit eigenvectors, a row each <c>[n, n]</c>.</returns>
    public static (double[] Values, double[] Vectors) Decompose(ReadOnlySpan<double> matrix, int n)
    {
        var a = matrix.ToArray();
        var v = new double[n * n];
        for (var i = 0; i < n; i++)
            v[(i * n) + i] = 1;
        for (var sweep = 0; sweep < MaxSweeps && !IsDiagonal(a, n); sweep++)
        {
            for (var p = 0; p < n - 1; p++)
            {
                for (var q = p + 1; q < n; q++)
                    Rotate(a, v, n, p, q);
            }
        }

        int[] order = [.. Enumerable.Range(0, n).OrderByDescending(i => a[(i * n) + i])];
        var vectors = new double[n * n];
        for (var i = 0; i < n; i++)
            v.AsSpan(order[i] * n, n).CopyTo(vectors.AsSpan(i * n));
        return ([.. order.Select(i => a[(i * n) + i])], vectors);
    }

    private static bool IsDiagonal(double[] a, int n)
    {
        var (off, on) = (0.0, 0.0);
        for (var i = 0; i < n; i++)
        {
            on += a[(i * n) + i] * a[(i * n) + i];
            for (var j = i + 1; j < n; j++)
                off += a[(i * n) + j] * a[(i * n) + j];
        }

        return off <= 1e-26 * on;
    }

    /// <summary>Makes a[p, q] zero; rows of <paramref name="v"/> become eigenvectors.</summary>
    private static void Rotate(double[] a, double[] v, int n, int p, int q)
    {
        var apq = a[(p * n) + q];
        if (apq == 0)
            return;
        var tau = (a[(q * n) + q] - a[(p * n) + p]) / (2 * apq);
        var t = (tau >= 0 ? 1 : -1) / (Math.Abs(tau) + Math.Sqrt(1 + (tau * tau)));
        var c = 1 / Math.Sqrt(1 + (t * t));
        var s = t * c;
        for (var k = 0; k < n; k++)
        {
            var (x, y) = (a[(k * n) + p], a[(k * n) + q]);
            (a[(k * n) + p], a[(k * n) + q]) = ((c * x) - (s * y), (s * x) + (c * y));
        }

        Turn(a, n, p, q, c, s);
        Turn(v, n, p, q, c, s);
    }

    private static void Turn(double[] m, int n, int p, int q, double c, double s)
    {
        Span<double> one = m.AsSpan(p * n, n), other = m.AsSpan(q * n, n);
        for (var k = 0; k < n; k++)
            (one[k], other[k]) = ((c * one[k]) - (s * other[k]), (s * one[k]) + (c * other[k]));
    }
}

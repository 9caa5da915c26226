using System.Numerics;
using System.Runtime.InteropServices;

namespace Kvasir.Models;

/// <summary>
/// The upper Cholesky factor U of a damped Hessian's inverse, H⁻¹ = UᵀU. With H = M·Mᵀ (M upper, eliminated from the last column)
/// U is simply M⁻¹, which saves inverting H itself.
/// </summary>
internal sealed class HessianFactor
{
    private readonly double[] _upper;

    private HessianFactor(double[] upper, int size)
    {
        _upper = upper;
        Size = size;
    }

    public int Size { get; }

    /// <summary>Row j of U from the diagonal on.</summary>
    public ReadOnlySpan<double> Row(int j) => _upper.AsSpan((j * Size) + j, Size - j);

    /// <param name="hessian">Symmetric, <c>[size, size]</c>.</param>
    /// <param name="damping">Added to the diagonal, as a part of its mean; raised tenfold until the matrix is positive.</param>
    /// <returns>Null when the matrix is zero or not finite.</returns>
    public static HessianFactor? Compute(float[] hessian, int size, double damping)
    {
        double mean = 0;
        for (int i = 0; i < size; i++)
            mean += hessian[(i * size) + i] / size;
        if (!(mean > 0) || !double.IsFinite(mean) || hessian.Any(v => !float.IsFinite(v)))
            return null;
        for (double part = damping; part <= 1e3; part *= 10)
        {
            var matrix = Array.ConvertAll(hessian, v => (double)v);
            for (int i = 0; i < size; i++)
                matrix[(i * size) + i] += part * mean;
            if (Factorise(matrix, size))
                return new HessianFactor(Invert(matrix, size), size);
        }

        return null;
    }

    /// <summary>y -= factor * x.</summary>
    public static void Subtract(Span<double> y, double factor, ReadOnlySpan<double> x)
    {
        var vy = MemoryMarshal.Cast<double, Vector<double>>(y);
        var vx = MemoryMarshal.Cast<double, Vector<double>>(x);
        var f = new Vector<double>(factor);
        for (int i = 0; i < vy.Length; i++)
            vy[i] -= f * vx[i];
        for (int i = vy.Length * Vector<double>.Count; i < y.Length; i++)
            y[i] -= factor * x[i];
    }

    // In place: the upper triangle becomes M.
    private static bool Factorise(double[] a, int n)
    {
        for (int j = n - 1; j >= 0; j--)
        {
            var rowJ = a.AsSpan((j * n) + j + 1, n - j - 1);
            double pivot = a[(j * n) + j] - Dot(rowJ, rowJ);
            if (!(pivot > 0) || !double.IsFinite(pivot))
                return false;
            double root = Math.Sqrt(pivot);
            a[(j * n) + j] = root;
            for (int i = 0; i < j; i++)
                a[(i * n) + j] = (a[(i * n) + j] - Dot(a.AsSpan((i * n) + j + 1, n - j - 1), rowJ)) / root;
        }

        return true;
    }

    private static double[] Invert(double[] m, int n)
    {
        var u = new double[n * n];
        for (int i = n - 1; i >= 0; i--)
        {
            double scale = 1 / m[(i * n) + i];
            var row = u.AsSpan(i * n, n);
            for (int k = i + 1; k < n; k++)
                Subtract(row[k..], m[(i * n) + k] * scale, u.AsSpan((k * n) + k, n - k));
            row[i] = scale;
        }

        return u;
    }

    private static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        var vx = MemoryMarshal.Cast<double, Vector<double>>(x);
        var vy = MemoryMarshal.Cast<double, Vector<double>>(y);
        var sum = Vector<double>.Zero;
        for (int i = 0; i < vx.Length; i++)
            sum += vx[i] * vy[i];
        double result = Vector.Sum(sum);
        for (int i = vx.Length * Vector<double>.Count; i < x.Length; i++)
            result += x[i] * y[i];
        return result;
    }
}

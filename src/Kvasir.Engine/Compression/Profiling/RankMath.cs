using Kvasir.KvCache.Compression.Profiles;

namespace Kvasir.Engine.Compression.Profiling;

/// <summary>Directions from moments, in binary64.</summary>
internal static class RankMath
{
    /// <summary>Added to a metric, of its largest eigenvalue: a direction that nobody reads must come back too.</summary>
    private const double Ridge = 1e-6;

    /// <summary>
    /// The r directions with the smallest mean of (x − x̂)ᵀ M (x − x̂), for every r: with M^½ C M^½ = U Λ Uᵀ, encoding is Uᵀ M^½, decoding M^−½ U, and Λ
    /// is what each costs.
    /// </summary>
    /// <param name="moments">C, the mean of x xᵀ, x being what differs from the mean <c>[n, n]</c>.</param>
    /// <param name="metric">M, symmetric and not negative <c>[n, n]</c>.</param>
    /// <param name="n">Dimensions.</param>
    public static RankBasis Basis(double[] moments, double[] metric, int n)
    {
        var (weights, axes) = SymmetricEigen.Decompose(metric, n);
        double[] roots = [.. weights.Select(weight => Math.Sqrt(Math.Max(weight, 0) + (Ridge * weights[0])))];
        if (weights[0] <= 0)
            Array.Fill(roots, 1);
        var root = Scaled(axes, roots, n);
        var (losses, directions) = SymmetricEigen.Decompose(Product(Product(root, moments, n), root, n), n);
        return new RankBasis(
            [.. losses.Select(loss => (float)Math.Max(0, loss))],
            Floats(Product(directions, root, n)),
            Floats(Product(directions, Scaled(axes, [.. roots.Select(value => 1 / value)], n), n)),
            new float[n]);
    }

    /// <summary>Orthogonal directions from a seed, and what the moments lose with each.</summary>
    public static RankBasis Random(double[] moments, int n, int seed)
    {
        var random = new Random(seed);
        var any = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            for (var j = i; j < n; j++)
                any[(i * n) + j] = any[(j * n) + i] = random.NextDouble() - 0.5;
        }

        var directions = SymmetricEigen.Decompose(any, n).Vectors;
        var spread = Product(Product(directions, moments, n), Transposed(directions, n), n);
        int[] order = [.. Enumerable.Range(0, n).OrderByDescending(i => spread[(i * n) + i])];
        float[] rows = [.. order.SelectMany(i => directions.AsSpan(i * n, n).ToArray()).Select(x => (float)x)];
        return new RankBasis([.. order.Select(i => (float)spread[(i * n) + i])], rows, rows, new float[n]);
    }

    /// <summary>Σ values[k] · axis k · axis kᵀ.</summary>
    private static double[] Scaled(double[] axes, double[] values, int n)
    {
        var scaled = new double[n * n];
        for (var k = 0; k < n; k++)
        {
            for (var j = 0; j < n; j++)
                scaled[(k * n) + j] = values[k] * axes[(k * n) + j];
        }

        return Product(Transposed(axes, n), scaled, n);
    }

    private static double[] Product(double[] a, double[] b, int n)
    {
        var product = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            for (var k = 0; k < n; k++)
            {
                for (var j = 0; j < n; j++)
                    product[(i * n) + j] += a[(i * n) + k] * b[(k * n) + j];
            }
        }

        return product;
    }

    private static double[] Transposed(double[] a, int n)
    {
        var transposed = new double[n * n];
        for (var i = 0; i < n * n; i++)
            transposed[(i % n * n) + (i / n)] = a[i];
        return transposed;
    }

    private static float[] Floats(double[] numbers) => [.. numbers.Select(x => (float)x)];
}

using Kvasir.Benchmarks.Measures;

namespace Kvasir.Benchmarks.Compression;

/// <summary>Whether one method is below another on the same cases, without assuming a distribution.</summary>
/// <param name="Difference">Mean of one minus the other, with its interval.</param>
/// <param name="P">Two-sided probability of a difference as large when signs are random.</param>
internal readonly record struct PairedTest(Interval Difference, double P)
{
    private const int Flips = 20_000;

    /// <summary>Compares values of the same cases: signs of the differences are flipped at random (Fisher's permutation test).</summary>
    public static PairedTest Of(IReadOnlyList<double> one, IReadOnlyList<double> other)
    {
        double[] differences = [.. one.Zip(other, (a, b) => a - b)];
        var mean = Math.Abs(differences.Average());
        var random = new Random(17);
        var asLarge = 0;
        for (var flip = 0; flip < Flips; flip++)
        {
            double sum = 0;
            foreach (var difference in differences)
                sum += random.Next(2) == 0 ? difference : -difference;
            asLarge += Math.Abs(sum / differences.Length) >= mean - 1e-15 ? 1 : 0;
        }

        return new PairedTest(Interval.Of(differences), (asLarge + 1.0) / (Flips + 1));
    }
}

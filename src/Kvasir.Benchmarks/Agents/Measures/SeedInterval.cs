namespace Kvasir.Benchmarks.Agents.Measures;

/// <summary>A mean over seeds and where it lies with 95 % confidence.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="Low">Lower end; NaN with fewer than two seeds.</param>
/// <param name="High">Upper end.</param>
internal readonly record struct SeedInterval(double Mean, double Low, double High)
{
    // Student's t, two-sided 95 %, for 1, 2, ... degrees of freedom; beyond them that of the normal distribution.
    private static readonly double[] StudentT = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

    public static SeedInterval Of(IReadOnlyList<double> values)
    {
        if (values.Count < 2)
            return new SeedInterval(values.Count == 0 ? double.NaN : values[0], double.NaN, double.NaN);
        var mean = values.Average();
        var variance = values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1);
        var t = values.Count - 2 < StudentT.Length ? StudentT[values.Count - 2] : 1.960;
        var half = t * Math.Sqrt(variance / values.Count);
        return new SeedInterval(mean, mean - half, mean + half);
    }
}

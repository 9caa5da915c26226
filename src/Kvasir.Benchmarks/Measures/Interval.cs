namespace Kvasir.Benchmarks.Measures;

/// <summary>A mean and where it lies with 95 % confidence.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public readonly record struct Interval(double Mean, double Low, double High)
{
    // Student's t, two-sided 95 %, for 1, 2, ... degrees of freedom (any table of the distribution); beyond them that of the normal.
    private static readonly double[] StudentT =
    [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093,
        2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
    ];

    /// <summary>Of the values of independent seeds, after Student; of one value its ends are unknown (NaN).</summary>
    public static Interval Of(IReadOnlyList<double> values)
    {
        if (values.Count == 0)
            return new Interval(double.NaN, double.NaN, double.NaN);
        var mean = values.Average();
        if (values.Count == 1)
            return new Interval(mean, double.NaN, double.NaN);
        var variance = values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1);
        var t = values.Count - 2 < StudentT.Length ? StudentT[values.Count - 2] : 1.960;
        var half = t * Math.Sqrt(variance / values.Count);
        return new Interval(mean, mean - half, mean + half);
    }
}

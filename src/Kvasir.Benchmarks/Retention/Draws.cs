namespace Kvasir.Benchmarks.Retention;

/// <summary>Random numbers as traffic has them.</summary>
internal static class Draws
{
    /// <summary>Time until the next event where <paramref name="mean"/> is usual.</summary>
    public static double Exponential(Random random, double mean) => -mean * Math.Log(1 - random.NextDouble());

    /// <summary>A length around <paramref name="median"/>, sometimes far above it.</summary>
    public static double LogNormal(Random random, double median, double sigma)
    {
        var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return median * Math.Exp(sigma * normal);
    }

    /// <summary>A number of tokens around <paramref name="median"/>, within bounds.</summary>
    public static int Tokens(Random random, double median, double sigma, int least, int most) =>
        (int)Math.Clamp(LogNormal(random, median, sigma), least, most);

    /// <summary>A count of at least one with this mean.</summary>
    public static int Geometric(Random random, double mean)
    {
        var count = 1;
        while (random.NextDouble() > 1 / mean)
            count++;
        return count;
    }
}

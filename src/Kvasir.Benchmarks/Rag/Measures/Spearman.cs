namespace Kvasir.Benchmarks.Rag.Measures;

/// <summary>Spearman's rank correlation.</summary>
internal static class Spearman
{
    /// <summary>From -1 to 1; equal values share the mean of their ranks. NaN where one side has no two different values.</summary>
    public static double Correlate(IReadOnlyList<double> one, IReadOnlyList<double> other)
    {
        if (one.Count != other.Count)
            throw new ArgumentException($"{other.Count} values are correlated with {one.Count}", nameof(other));
        var (a, b) = (Ranks(one), Ranks(other));
        var mean = (one.Count + 1) / 2.0;
        double ab = 0, aa = 0, bb = 0;
        for (var i = 0; i < a.Length; i++)
        {
            ab += (a[i] - mean) * (b[i] - mean);
            aa += (a[i] - mean) * (a[i] - mean);
            bb += (b[i] - mean) * (b[i] - mean);
        }

        return ab / Math.Sqrt(aa * bb);
    }

    private static double[] Ranks(IReadOnlyList<double> values)
    {
        int[] order = [.. Enumerable.Range(0, values.Count).OrderBy(i => values[i])];
        var ranks = new double[values.Count];
        for (var first = 0; first < order.Length;)
        {
            var end = first + 1;
            while (end < order.Length && values[order[end]].Equals(values[order[first]]))
                end++;
            for (var i = first; i < end; i++)
                ranks[order[i]] = (first + 1 + end) / 2.0;
            first = end;
        }

        return ranks;
    }
}

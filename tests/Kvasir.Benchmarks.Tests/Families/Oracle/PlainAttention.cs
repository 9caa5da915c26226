namespace Kvasir.Benchmarks.Tests.Families.Oracle;

/// <summary>Attention of one row over those up to it, in double precision.</summary>
internal sealed record PlainAttention
{
    public required double Scale { get; init; }

    public int Window { get; init; } = int.MaxValue;

    public double Cap { get; init; }

    public double[]? Slopes { get; init; }

    public double[]? Sinks { get; init; }

    /// <summary>Results of all heads, one after the other.</summary>
    /// <param name="queries">Heads of the row.</param>
    /// <param name="keys">For each row the keys of its KV heads.</param>
    /// <param name="values">For each row the values of its KV heads.</param>
    /// <param name="position">The row.</param>
    public double[] Run(double[][] queries, IReadOnlyList<double[][]> keys, IReadOnlyList<double[][]> values, int position)
    {
        var group = queries.Length / keys[0].Length;
        var results = new List<double[]>();
        for (var h = 0; h < queries.Length; h++)
        {
            var first = Math.Max(0, position - Math.Min(position, Window - 1));
            var scores = new List<double>();
            for (var row = first; row <= position; row++)
            {
                var s = Plain.Dot(queries[h], keys[row][h / group]) * Scale;
                if (Cap > 0)
                    s = Cap * Math.Tanh(s / Cap);
                scores.Add(s + ((Slopes?[h] ?? 0) * row));
            }

            if (Sinks is not null)
                scores.Add(Sinks[h]);
            var weights = Plain.Softmax([.. scores]);
            var result = new double[values[0][0].Length];
            for (var row = first; row <= position; row++)
                result = Plain.Add(result, Plain.Times(values[row][h / group], weights[row - first]));
            results.Add(result);
        }

        return Plain.Join(results);
    }
}

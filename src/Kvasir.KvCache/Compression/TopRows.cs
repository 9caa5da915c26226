namespace Kvasir.KvCache.Compression;

/// <summary>Picks the rows with the largest scores. Ties go to the lower row, NaN counts as smallest, so a choice is the same everywhere.</summary>
public static class TopRows
{
    /// <summary>Adds the <paramref name="count"/> best rows to a list, ascending.</summary>
    /// <param name="scores">Scores of the rows from <paramref name="first"/> on.</param>
    /// <param name="count">How many; all when there are not more.</param>
    /// <param name="rows">Receives them.</param>
    /// <param name="first">Number of the first row.</param>
    public static void Add(ReadOnlySpan<float> scores, int count, List<int> rows, int first = 0)
    {
        if (count >= scores.Length)
        {
            for (var i = 0; i < scores.Length; i++)
                rows.Add(first + i);
            return;
        }

        if (count <= 0)
            return;
        var (threshold, ties) = Threshold(scores, count);
        for (var i = 0; i < scores.Length; i++)
        {
            var score = Clean(scores[i]);
            if (score > threshold || (score == threshold && ties-- > 0))
                rows.Add(first + i);
        }
    }

    /// <summary>The score of the count-th best, and how many rows with that very score are among the best.</summary>
    private static (float Threshold, int Ties) Threshold(ReadOnlySpan<float> scores, int count)
    {
        var sorted = System.Buffers.ArrayPool<float>.Shared.Rent(scores.Length);
        try
        {
            var values = sorted.AsSpan(0, scores.Length);
            for (var i = 0; i < scores.Length; i++)
                values[i] = Clean(scores[i]);
            values.Sort();
            var threshold = values[^count];
            var ties = 0;
            for (var i = values.Length - count; i < values.Length && values[i] == threshold; i++)
                ties++;
            return (threshold, ties);
        }
        finally
        {
            System.Buffers.ArrayPool<float>.Shared.Return(sorted);
        }
    }

    private static float Clean(float score) => float.IsNaN(score) ? float.NegativeInfinity : score;
}

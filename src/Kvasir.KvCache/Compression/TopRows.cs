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
            var score = Ordered(scores[i]);
            if (score > threshold || (score == threshold && ties-- > 0))
                rows.Add(first + i);
        }
    }

    /// <summary>Adds the rows that are not among the <paramref name="count"/> best, ascending.</summary>
    public static void AddOthers(ReadOnlySpan<float> scores, int count, List<int> rows)
    {
        if (count >= scores.Length)
            return;
        var (threshold, ties) = count > 0 ? Threshold(scores, count) : (uint.MaxValue, 0);
        for (var i = 0; i < scores.Length; i++)
        {
            var score = Ordered(scores[i]);
            if (score < threshold || (score == threshold && ties-- <= 0))
                rows.Add(i);
        }
    }

    /// <summary>The score of the count-th best, and how many rows with that very score are among the best: a digit at a time, from the highest.</summary>
    private static (uint Threshold, int Ties) Threshold(ReadOnlySpan<float> scores, int count)
    {
        const int digitBits = 8;
        Span<int> counts = stackalloc int[1 << digitBits];
        var (found, foundBits) = (0u, 0u);
        for (var shift = 32 - digitBits; shift >= 0; shift -= digitBits)
        {
            counts.Clear();
            foreach (var score in scores)
            {
                var ordered = Ordered(score);
                if ((ordered & foundBits) == found)
                    counts[(int)(ordered >> shift) & 0xFF]++;
            }

            var digit = counts.Length - 1;
            for (; counts[digit] < count; digit--)
                count -= counts[digit];
            found |= (uint)digit << shift;
            foundBits |= 0xFFu << shift;
        }

        return (found, count);
    }

    /// <summary>A number that orders as the scores do: both zeros alike, NaN as the smallest score.</summary>
    private static uint Ordered(float score)
    {
        var bits = BitConverter.SingleToInt32Bits(float.IsNaN(score) ? float.NegativeInfinity : score + 0f);
        return (uint)(bits ^ ((bits >> 31) | int.MinValue));
    }
}

using System.Numerics;

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
            // Mostly few stay.
            while (i <= scores.Length - Vector<float>.Count && Vector.LessThanAll(Ordered(new Vector<float>(scores[i..])), new Vector<int>(threshold)))
                i += Vector<float>.Count;
            if (i < scores.Length && IsAmong(scores[i], threshold, ref ties))
                rows.Add(first + i);
        }
    }

    /// <summary>Adds the rows that are not among the <paramref name="count"/> best, ascending.</summary>
    public static void AddOthers(ReadOnlySpan<float> scores, int count, List<int> rows)
    {
        if (count >= scores.Length)
            return;
        var (threshold, ties) = count > 0 ? Threshold(scores, count) : (int.MaxValue, 0);
        for (var i = 0; i < scores.Length; i++)
        {
            while (i <= scores.Length - Vector<float>.Count && Vector.GreaterThanAll(Ordered(new Vector<float>(scores[i..])), new Vector<int>(threshold)))
                i += Vector<float>.Count;
            if (i < scores.Length && !IsAmong(scores[i], threshold, ref ties))
                rows.Add(i);
        }
    }

    private static bool IsAmong(float score, int threshold, ref int ties)
    {
        var ordered = Ordered(score);
        return ordered > threshold || (ordered == threshold && ties-- > 0);
    }

    /// <summary>
    /// A score that the best are above, and how many rows with that very score are among the best: by bisection, since a machine counts a whole vector
    /// at a time.
    /// </summary>
    private static (int Threshold, int Ties) Threshold(ReadOnlySpan<float> scores, int count)
    {
        // At least count rows reach low; fewer reach high.
        var (low, high) = (Ordered(float.NegativeInfinity), (long)int.MaxValue);
        var above = 0;
        while (high - low > 1)
        {
            var middle = (int)((low + high) >> 1);
            var reached = Reaching(scores, middle);
            if (reached == count)
                return (middle - 1, 0);
            if (reached > count)
                low = middle;
            else
                (high, above) = (middle, reached);
        }

        return (low, count - above);
    }

    /// <summary>Scores that are as large or larger.</summary>
    private static int Reaching(ReadOnlySpan<float> scores, int ordered)
    {
        var least = new Vector<int>(ordered);
        var counts = Vector<int>.Zero;
        var i = 0;
        for (; i <= scores.Length - Vector<float>.Count; i += Vector<float>.Count)
            counts -= Vector.GreaterThanOrEqual(Ordered(new Vector<float>(scores[i..])), least);
        var count = Vector.Sum(counts);
        for (; i < scores.Length; i++)
            count += Ordered(scores[i]) >= ordered ? 1 : 0;
        return count;
    }

    /// <summary>A number that orders as the scores do: both zeros alike, NaN as the smallest score.</summary>
    private static int Ordered(float score)
    {
        var bits = BitConverter.SingleToInt32Bits(float.IsNaN(score) ? float.NegativeInfinity : score + 0f);
        return bits ^ ((bits >> 31) & int.MaxValue);
    }

    private static Vector<int> Ordered(Vector<float> scores)
    {
        var bits = Vector.AsVectorInt32(Vector.ConditionalSelect(Vector.Equals(scores, scores), scores + Vector<float>.Zero, new Vector<float>(float.NegativeInfinity)));
        return bits ^ ((bits >> 31) & new Vector<int>(int.MaxValue));
    }
}

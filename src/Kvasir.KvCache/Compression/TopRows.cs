using System.Buffers;
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
        using var ordered = new Ordering(scores);
        var (threshold, ties) = ordered.Threshold(count);
        var keys = ordered.Keys;
        for (var i = 0; i < keys.Length; i++)
        {
            // Mostly few stay.
            while (i <= keys.Length - Vector<int>.Count && Vector.LessThanAll(new Vector<int>(keys[i..]), new Vector<int>(threshold)))
                i += Vector<int>.Count;
            if (i < keys.Length && (keys[i] > threshold || (keys[i] == threshold && ties-- > 0)))
                rows.Add(first + i);
        }
    }

    /// <summary>Adds the rows that are not among the <paramref name="count"/> best, ascending.</summary>
    public static void AddOthers(ReadOnlySpan<float> scores, int count, List<int> rows)
    {
        if (count >= scores.Length)
            return;
        using var ordered = new Ordering(scores);
        var (threshold, ties) = count > 0 ? ordered.Threshold(count) : (int.MaxValue, 0);
        var keys = ordered.Keys;
        for (var i = 0; i < keys.Length; i++)
        {
            while (i <= keys.Length - Vector<int>.Count && Vector.GreaterThanAll(new Vector<int>(keys[i..]), new Vector<int>(threshold)))
                i += Vector<int>.Count;
            if (i < keys.Length && (keys[i] < threshold || (keys[i] == threshold && ties-- <= 0)))
                rows.Add(i);
        }
    }

    /// <summary>Numbers that order as scores do: both zeros alike, NaN as the smallest score.</summary>
    private readonly ref struct Ordering : IDisposable
    {
        private readonly int[] _keys;
        private readonly int _count;
        private readonly int _least;
        private readonly int _most;

        public Ordering(ReadOnlySpan<float> scores)
        {
            _count = scores.Length;
            _keys = ArrayPool<int>.Shared.Rent(_count);
            var (least, most) = (new Vector<int>(int.MaxValue), new Vector<int>(int.MinValue));
            var i = 0;
            for (; i <= _count - Vector<float>.Count; i += Vector<float>.Count)
            {
                var score = new Vector<float>(scores[i..]);
                var bits = Vector.AsVectorInt32(Vector.ConditionalSelect(Vector.Equals(score, score), score + Vector<float>.Zero, new Vector<float>(float.NegativeInfinity)));
                var keys = bits ^ ((bits >> 31) & new Vector<int>(int.MaxValue));
                (least, most) = (Vector.Min(least, keys), Vector.Max(most, keys));
                keys.CopyTo(_keys, i);
            }

            (_least, _most) = (int.MaxValue, int.MinValue);
            for (; i < _count; i++)
            {
                var bits = BitConverter.SingleToInt32Bits(float.IsNaN(scores[i]) ? float.NegativeInfinity : scores[i] + 0f);
                _keys[i] = bits ^ ((bits >> 31) & int.MaxValue);
                (_least, _most) = (Math.Min(_least, _keys[i]), Math.Max(_most, _keys[i]));
            }

            for (var lane = 0; lane < Vector<int>.Count; lane++)
                (_least, _most) = (Math.Min(_least, least[lane]), Math.Max(_most, most[lane]));
        }

        public ReadOnlySpan<int> Keys => _keys.AsSpan(0, _count);

        /// <summary>
        /// A number that the best are above, and how many of those with that very number are among the best: by bisection, since a machine counts a
        /// whole vector at a time.
        /// </summary>
        public (int Threshold, int Ties) Threshold(int count)
        {
            // At least count reach low; fewer reach high.
            var (low, high, above) = ((long)_least, (long)_most + 1, 0);
            while (high - low > 1)
            {
                var middle = (low + high) >> 1;
                var reached = Reaching((int)middle);
                if (reached == count)
                    return ((int)middle - 1, 0);
                if (reached > count)
                    low = middle;
                else
                    (high, above) = (middle, reached);
            }

            return ((int)low, count - above);
        }

        public void Dispose() => ArrayPool<int>.Shared.Return(_keys);

        private int Reaching(int least)
        {
            var keys = Keys;
            var counts = Vector<int>.Zero;
            var i = 0;
            for (; i <= keys.Length - Vector<int>.Count; i += Vector<int>.Count)
                counts -= Vector.GreaterThanOrEqual(new Vector<int>(keys[i..]), new Vector<int>(least));
            var count = Vector.Sum(counts);
            for (; i < keys.Length; i++)
                count += keys[i] >= least ? 1 : 0;
            return count;
        }
    }
}

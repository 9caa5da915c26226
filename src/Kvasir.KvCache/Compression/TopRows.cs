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
        private const int Few = 24;

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
        /// whole vector at a time, until the few that are left can be put in order.
        /// </summary>
        public (int Threshold, int Ties) Threshold(int count)
        {
            // At least count reach low; fewer reach high.
            var (low, high, from, above) = ((long)_least, (long)_most + 1, _count, 0);
            while (high - low > 1)
            {
                if (from - above <= Few)
                    return AmongFew((int)low, high, count - above);
                var middle = (low + high) >> 1;
                var (reached, least, most) = Reaching((int)middle);
                if (reached == count)
                    return ((int)middle - 1, 0);
                if (reached > count)
                    (low, from) = (least, reached);
                else
                    (high, above) = ((long)most + 1, reached);
            }

            return ((int)low, count - above);
        }

        /// <summary>The same among numbers from <paramref name="low"/> to below <paramref name="high"/>, of which there are few.</summary>
        private (int Threshold, int Ties) AmongFew(int low, long high, int count)
        {
            Span<int> few = stackalloc int[Few];
            var found = 0;
            var keys = Keys;
            var last = (int)(high - 1);
            for (var i = 0; i < keys.Length;)
            {
                if (i <= keys.Length - Vector<int>.Count && !AnyBetween(new Vector<int>(keys[i..]), low, last))
                {
                    i += Vector<int>.Count;
                    continue;
                }

                for (var end = Math.Min(keys.Length, i + Vector<int>.Count); i < end; i++)
                {
                    if (keys[i] >= low && keys[i] <= last)
                        few[found++] = keys[i];
                }
            }

            few = few[..found];
            few.Sort();
            var threshold = few[^count];
            return (threshold, count - (found - few.LastIndexOf(threshold) - 1));
        }

        public void Dispose() => ArrayPool<int>.Shared.Return(_keys);

        private static bool AnyBetween(Vector<int> numbers, int low, int last) =>
            (Vector.GreaterThanOrEqual(numbers, new Vector<int>(low)) & Vector.LessThanOrEqual(numbers, new Vector<int>(last))) != Vector<int>.Zero;

        /// <summary>How many numbers are <paramref name="middle"/> or more, the least of them, and the largest of the others.</summary>
        private (int Count, int Least, int Most) Reaching(int middle)
        {
            var keys = Keys;
            var (counts, leasts, mosts) = (Vector<int>.Zero, new Vector<int>(int.MaxValue), new Vector<int>(int.MinValue));
            var i = 0;
            for (; i <= keys.Length - Vector<int>.Count; i += Vector<int>.Count)
            {
                var some = new Vector<int>(keys[i..]);
                var reach = Vector.GreaterThanOrEqual(some, new Vector<int>(middle));
                counts -= reach;
                leasts = Vector.Min(leasts, Vector.ConditionalSelect(reach, some, new Vector<int>(int.MaxValue)));
                mosts = Vector.Max(mosts, Vector.ConditionalSelect(reach, new Vector<int>(int.MinValue), some));
            }

            var (count, least, most) = (Vector.Sum(counts), int.MaxValue, int.MinValue);
            for (var lane = 0; lane < Vector<int>.Count; lane++)
                (least, most) = (Math.Min(least, leasts[lane]), Math.Max(most, mosts[lane]));
            for (; i < keys.Length; i++)
            {
                if (keys[i] >= middle)
                    (count, least) = (count + 1, Math.Min(least, keys[i]));
                else
                    most = Math.Max(most, keys[i]);
            }

            return (count, least, most);
        }
    }
}

using System.Buffers;

namespace Kvasir.KvCache.Blending;

/// <summary>Picks rows of the largest scores, the same ones on every machine: NaN counts as largest, ties go to the lower index.</summary>
internal static class RowRanking
{
    // What binary64 loses when a share such as 0.29 is multiplied: 0.29 · 100 is 29 rows, not 28.
    private const double Slack = 1e-9;

    /// <summary>Rows that a share of <paramref name="rows"/> is, rounded down; all from 1 on.</summary>
    public static int Floor(double ratio, int rows) => ratio >= 1 ? rows : Math.Clamp((int)Math.Floor((ratio * rows) + Slack), 0, rows);

    /// <summary>Rows that a share of <paramref name="rows"/> is, rounded up; all from 1 on.</summary>
    public static int Ceiling(double ratio, int rows) => ratio >= 1 ? rows : Math.Clamp((int)Math.Ceiling((ratio * rows) - Slack), 0, rows);

    /// <summary>Adds the indices of the <paramref name="count"/> largest scores, ascending.</summary>
    /// <param name="scores">A score a row.</param>
    /// <param name="count">How many; all when there are fewer.</param>
    /// <param name="firstIndex">Added to each index.</param>
    /// <param name="rows">Receives them.</param>
    public static void AddLargest(ReadOnlySpan<float> scores, int count, int firstIndex, List<int> rows)
    {
        var length = scores.Length;
        if (count <= 0)
            return;
        var first = rows.Count;
        if (count >= length)
        {
            for (var i = 0; i < length; i++)
                rows.Add(firstIndex + i);
            return;
        }

        var keys = ArrayPool<ulong>.Shared.Rent(length);
        for (var i = 0; i < length; i++)
            keys[i] = ((ulong)Ordered(scores[i]) << 32) | (uint)(int.MaxValue - i);
        Array.Sort(keys, 0, length);
        for (var i = length - count; i < length; i++)
            rows.Add(firstIndex + int.MaxValue - (int)(uint)keys[i]);
        ArrayPool<ulong>.Shared.Return(keys);
        rows.Sort(first, count, null);
    }

    /// <summary>
    /// The mean score of each row and its neighbours within its stretch. A score that is no number stays one in its row, and is left out of
    /// its neighbours' means. Each mean is summed anew from the lowest row up, so that it depends on nothing but the rows in it.
    /// </summary>
    /// <param name="scores">A score a row.</param>
    /// <param name="spans">The stretches.</param>
    /// <param name="radius">Neighbours on each side.</param>
    public static float[] Pooled(ReadOnlySpan<float> scores, ReadOnlySpan<BlendSpan> spans, int radius)
    {
        var pooled = new float[scores.Length];
        foreach (var span in spans)
        {
            var own = scores.Slice(span.FirstIndex, span.Length);
            for (var i = 0; i < own.Length; i++)
                pooled[span.FirstIndex + i] = float.IsNaN(own[i]) ? own[i] : Mean(own[Math.Max(0, i - radius)..Math.Min(own.Length, i + radius + 1)]);
        }

        return pooled;
    }

    /// <summary>Of the values that are numbers; there is at least one.</summary>
    private static float Mean(ReadOnlySpan<float> values)
    {
        var (sum, count) = (0f, 0);
        foreach (var value in values)
        {
            if (float.IsNaN(value))
                continue;
            sum += value;
            count++;
        }

        return sum / count;
    }

    /// <summary>Numbers in the order of the scores.</summary>
    private static uint Ordered(float score)
    {
        if (float.IsNaN(score))
            return uint.MaxValue;
        var bits = BitConverter.SingleToUInt32Bits(score + 0f); // +0 for -0
        return (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
    }
}

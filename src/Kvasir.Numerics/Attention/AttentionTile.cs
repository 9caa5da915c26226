using System.Runtime.CompilerServices;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Attention;

/// <summary>The arithmetic of one tile: scores, softmax, weighted values. Each query's operations are the same whatever it is computed beside.</summary>
internal static unsafe class AttentionTile<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>
    /// scores[q][32 rows] = query · key, one chain over ascending dimensions, for eight queries, transposed <c>[headDim][queries]</c>, and two
    /// neighbouring groups of keys.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScoreEight(float* keys, int headDim, float* queries, int queryStride, float* scores)
    {
        var next = keys + (16 * headDim);
        var zero = TLanes.Broadcast(0);
        TLanes s00 = zero, s01 = zero;
        TLanes s10 = zero, s11 = zero;
        TLanes s20 = zero, s21 = zero;
        TLanes s30 = zero, s31 = zero;
        TLanes s40 = zero, s41 = zero;
        TLanes s50 = zero, s51 = zero;
        TLanes s60 = zero, s61 = zero;
        TLanes s70 = zero, s71 = zero;
        for (var d = 0; d < headDim; d++, queries += queryStride)
        {
            var key0 = TLanes.Load(keys + (d * 16));
            var key1 = TLanes.Load(next + (d * 16));
            var v = TLanes.Broadcast(queries[0]);
            s00 = TLanes.Fma(v, key0, s00);
            s01 = TLanes.Fma(v, key1, s01);
            v = TLanes.Broadcast(queries[1]);
            s10 = TLanes.Fma(v, key0, s10);
            s11 = TLanes.Fma(v, key1, s11);
            v = TLanes.Broadcast(queries[2]);
            s20 = TLanes.Fma(v, key0, s20);
            s21 = TLanes.Fma(v, key1, s21);
            v = TLanes.Broadcast(queries[3]);
            s30 = TLanes.Fma(v, key0, s30);
            s31 = TLanes.Fma(v, key1, s31);
            v = TLanes.Broadcast(queries[4]);
            s40 = TLanes.Fma(v, key0, s40);
            s41 = TLanes.Fma(v, key1, s41);
            v = TLanes.Broadcast(queries[5]);
            s50 = TLanes.Fma(v, key0, s50);
            s51 = TLanes.Fma(v, key1, s51);
            v = TLanes.Broadcast(queries[6]);
            s60 = TLanes.Fma(v, key0, s60);
            s61 = TLanes.Fma(v, key1, s61);
            v = TLanes.Broadcast(queries[7]);
            s70 = TLanes.Fma(v, key0, s70);
            s71 = TLanes.Fma(v, key1, s71);
        }

        TLanes.Store(s00, scores);
        TLanes.Store(s01, scores + 16);
        TLanes.Store(s10, scores + AttentionScratch.TileRows);
        TLanes.Store(s11, scores + AttentionScratch.TileRows + 16);
        TLanes.Store(s20, scores + (2 * AttentionScratch.TileRows));
        TLanes.Store(s21, scores + (2 * AttentionScratch.TileRows) + 16);
        TLanes.Store(s30, scores + (3 * AttentionScratch.TileRows));
        TLanes.Store(s31, scores + (3 * AttentionScratch.TileRows) + 16);
        TLanes.Store(s40, scores + (4 * AttentionScratch.TileRows));
        TLanes.Store(s41, scores + (4 * AttentionScratch.TileRows) + 16);
        TLanes.Store(s50, scores + (5 * AttentionScratch.TileRows));
        TLanes.Store(s51, scores + (5 * AttentionScratch.TileRows) + 16);
        TLanes.Store(s60, scores + (6 * AttentionScratch.TileRows));
        TLanes.Store(s61, scores + (6 * AttentionScratch.TileRows) + 16);
        TLanes.Store(s70, scores + (7 * AttentionScratch.TileRows));
        TLanes.Store(s71, scores + (7 * AttentionScratch.TileRows) + 16);
    }

    /// <summary>
    /// scores[q][32 rows] = query · key, one chain over ascending dimensions, for four queries, transposed <c>[headDim][queries]</c>, and two
    /// neighbouring groups of keys.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScoreFour(float* keys, int headDim, float* queries, int queryStride, float* scores)
    {
        var next = keys + (16 * headDim);
        var zero = TLanes.Broadcast(0);
        TLanes s00 = zero, s01 = zero;
        TLanes s10 = zero, s11 = zero;
        TLanes s20 = zero, s21 = zero;
        TLanes s30 = zero, s31 = zero;
        for (var d = 0; d < headDim; d++, queries += queryStride)
        {
            var key0 = TLanes.Load(keys + (d * 16));
            var key1 = TLanes.Load(next + (d * 16));
            var v = TLanes.Broadcast(queries[0]);
            s00 = TLanes.Fma(v, key0, s00);
            s01 = TLanes.Fma(v, key1, s01);
            v = TLanes.Broadcast(queries[1]);
            s10 = TLanes.Fma(v, key0, s10);
            s11 = TLanes.Fma(v, key1, s11);
            v = TLanes.Broadcast(queries[2]);
            s20 = TLanes.Fma(v, key0, s20);
            s21 = TLanes.Fma(v, key1, s21);
            v = TLanes.Broadcast(queries[3]);
            s30 = TLanes.Fma(v, key0, s30);
            s31 = TLanes.Fma(v, key1, s31);
        }

        TLanes.Store(s00, scores);
        TLanes.Store(s01, scores + 16);
        TLanes.Store(s10, scores + AttentionScratch.TileRows);
        TLanes.Store(s11, scores + AttentionScratch.TileRows + 16);
        TLanes.Store(s20, scores + (2 * AttentionScratch.TileRows));
        TLanes.Store(s21, scores + (2 * AttentionScratch.TileRows) + 16);
        TLanes.Store(s30, scores + (3 * AttentionScratch.TileRows));
        TLanes.Store(s31, scores + (3 * AttentionScratch.TileRows) + 16);
    }

    /// <summary>scores[64 rows] for one query.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScoreOne(float* keys, int headDim, float* query, int queryStride, float* scores)
    {
        var group = 16 * headDim;
        var zero = TLanes.Broadcast(0);
        TLanes s0 = zero, s1 = zero, s2 = zero, s3 = zero;
        for (var d = 0; d < headDim; d++, query += queryStride)
        {
            var v = TLanes.Broadcast(*query);
            s0 = TLanes.Fma(v, TLanes.Load(keys + (d * 16)), s0);
            s1 = TLanes.Fma(v, TLanes.Load(keys + group + (d * 16)), s1);
            s2 = TLanes.Fma(v, TLanes.Load(keys + (2 * group) + (d * 16)), s2);
            s3 = TLanes.Fma(v, TLanes.Load(keys + (3 * group) + (d * 16)), s3);
        }

        TLanes.Store(s0, scores);
        TLanes.Store(s1, scores + 16);
        TLanes.Store(s2, scores + 32);
        TLanes.Store(s3, scores + 48);
    }

    /// <summary>
    /// Turns scores into weights in place and updates the running maximum, sum and accumulator of a split (online softmax, Milakov and
    /// Gimelshein 2018). <paramref name="hidden"/> holds -1 for hidden rows and 0 for visible ones, or is null when all are visible.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Softmax(
        float* scores, float scale, float* bias, float* hidden, ref float maximum, ref float sum, float* accumulator, int stride)
    {
        var factor = TLanes.Broadcast(scale);
        var lowest = TLanes.Broadcast(float.NegativeInfinity);
        var zero = TLanes.Broadcast(0);
        var largest = lowest;
        for (var i = 0; i < AttentionScratch.TileRows; i += 16)
        {
            var s = TLanes.Load(scores + i) * factor;
            if (bias != null)
                s += TLanes.Load(bias + i);
            if (hidden != null)
                s = TLanes.SelectLess(TLanes.Load(hidden + i), zero, lowest, s);
            TLanes.Store(s, scores + i);
            largest = TLanes.Max(s, largest);
        }

        var next = TLanes.Largest(largest);
        next = next > maximum ? next : maximum;
        var reference = TLanes.Broadcast(next);
        var weights = zero;
        for (var i = 0; i < AttentionScratch.TileRows; i += 16)
        {
            var p = Elementary.Exp(TLanes.Load(scores + i) - reference);
            TLanes.Store(p, scores + i);
            weights += p;
        }

        var total = TLanes.Sum(weights);
        if (next == maximum)
        {
            sum += total;
            return;
        }

        var rescale = Elementary.Exp(maximum - next);
        sum = MathF.FusedMultiplyAdd(sum, rescale, total);
        maximum = next;
        var correction = TLanes.Broadcast(rescale);
        for (var d = 0; d < stride; d += 16)
            TLanes.Store(TLanes.Load(accumulator + d) * correction, accumulator + d);
    }

    /// <summary>accumulator[q] += weight[q][row] * value[row] for eight queries and rows [first, end), ascending.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddEight(float* weights, float* values, int stride, int first, int end, float* accumulators)
    {
        var d = 0;
        for (; d <= stride - 32; d += 32)
        {
            var a = accumulators + d;
            TLanes a00 = TLanes.Load(a), a01 = TLanes.Load(a + 16);
            TLanes a10 = TLanes.Load(a + stride), a11 = TLanes.Load(a + stride + 16);
            TLanes a20 = TLanes.Load(a + (2 * stride)), a21 = TLanes.Load(a + (2 * stride) + 16);
            TLanes a30 = TLanes.Load(a + (3 * stride)), a31 = TLanes.Load(a + (3 * stride) + 16);
            TLanes a40 = TLanes.Load(a + (4 * stride)), a41 = TLanes.Load(a + (4 * stride) + 16);
            TLanes a50 = TLanes.Load(a + (5 * stride)), a51 = TLanes.Load(a + (5 * stride) + 16);
            TLanes a60 = TLanes.Load(a + (6 * stride)), a61 = TLanes.Load(a + (6 * stride) + 16);
            TLanes a70 = TLanes.Load(a + (7 * stride)), a71 = TLanes.Load(a + (7 * stride) + 16);
            for (var row = first; row < end; row++)
            {
                var v0 = TLanes.Load(values + (row * stride) + d);
                var v1 = TLanes.Load(values + (row * stride) + d + 16);
                var w = weights + row;
                var p = TLanes.Broadcast(*w);
                a00 = TLanes.Fma(p, v0, a00);
                a01 = TLanes.Fma(p, v1, a01);
                p = TLanes.Broadcast(w[AttentionScratch.TileRows]);
                a10 = TLanes.Fma(p, v0, a10);
                a11 = TLanes.Fma(p, v1, a11);
                p = TLanes.Broadcast(w[2 * AttentionScratch.TileRows]);
                a20 = TLanes.Fma(p, v0, a20);
                a21 = TLanes.Fma(p, v1, a21);
                p = TLanes.Broadcast(w[3 * AttentionScratch.TileRows]);
                a30 = TLanes.Fma(p, v0, a30);
                a31 = TLanes.Fma(p, v1, a31);
                p = TLanes.Broadcast(w[4 * AttentionScratch.TileRows]);
                a40 = TLanes.Fma(p, v0, a40);
                a41 = TLanes.Fma(p, v1, a41);
                p = TLanes.Broadcast(w[5 * AttentionScratch.TileRows]);
                a50 = TLanes.Fma(p, v0, a50);
                a51 = TLanes.Fma(p, v1, a51);
                p = TLanes.Broadcast(w[6 * AttentionScratch.TileRows]);
                a60 = TLanes.Fma(p, v0, a60);
                a61 = TLanes.Fma(p, v1, a61);
                p = TLanes.Broadcast(w[7 * AttentionScratch.TileRows]);
                a70 = TLanes.Fma(p, v0, a70);
                a71 = TLanes.Fma(p, v1, a71);
            }

            TLanes.Store(a00, a);
            TLanes.Store(a01, a + 16);
            TLanes.Store(a10, a + stride);
            TLanes.Store(a11, a + stride + 16);
            TLanes.Store(a20, a + (2 * stride));
            TLanes.Store(a21, a + (2 * stride) + 16);
            TLanes.Store(a30, a + (3 * stride));
            TLanes.Store(a31, a + (3 * stride) + 16);
            TLanes.Store(a40, a + (4 * stride));
            TLanes.Store(a41, a + (4 * stride) + 16);
            TLanes.Store(a50, a + (5 * stride));
            TLanes.Store(a51, a + (5 * stride) + 16);
            TLanes.Store(a60, a + (6 * stride));
            TLanes.Store(a61, a + (6 * stride) + 16);
            TLanes.Store(a70, a + (7 * stride));
            TLanes.Store(a71, a + (7 * stride) + 16);
        }

        for (; d < stride; d += 16)
        {
            for (var q = 0; q < 8; q++)
                AddLanes(weights + (q * AttentionScratch.TileRows), values + d, stride, first, end, accumulators + (q * stride) + d);
        }
    }

    /// <summary>accumulator[q] += weight[q][row] * value[row] for four queries and rows [first, end), ascending.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddFour(float* weights, float* values, int stride, int first, int end, float* accumulators)
    {
        var d = 0;
        for (; d <= stride - 32; d += 32)
        {
            var a = accumulators + d;
            TLanes a00 = TLanes.Load(a), a01 = TLanes.Load(a + 16);
            TLanes a10 = TLanes.Load(a + stride), a11 = TLanes.Load(a + stride + 16);
            TLanes a20 = TLanes.Load(a + (2 * stride)), a21 = TLanes.Load(a + (2 * stride) + 16);
            TLanes a30 = TLanes.Load(a + (3 * stride)), a31 = TLanes.Load(a + (3 * stride) + 16);
            for (var row = first; row < end; row++)
            {
                var v0 = TLanes.Load(values + (row * stride) + d);
                var v1 = TLanes.Load(values + (row * stride) + d + 16);
                var w = weights + row;
                var p = TLanes.Broadcast(*w);
                a00 = TLanes.Fma(p, v0, a00);
                a01 = TLanes.Fma(p, v1, a01);
                p = TLanes.Broadcast(w[AttentionScratch.TileRows]);
                a10 = TLanes.Fma(p, v0, a10);
                a11 = TLanes.Fma(p, v1, a11);
                p = TLanes.Broadcast(w[2 * AttentionScratch.TileRows]);
                a20 = TLanes.Fma(p, v0, a20);
                a21 = TLanes.Fma(p, v1, a21);
                p = TLanes.Broadcast(w[3 * AttentionScratch.TileRows]);
                a30 = TLanes.Fma(p, v0, a30);
                a31 = TLanes.Fma(p, v1, a31);
            }

            TLanes.Store(a00, a);
            TLanes.Store(a01, a + 16);
            TLanes.Store(a10, a + stride);
            TLanes.Store(a11, a + stride + 16);
            TLanes.Store(a20, a + (2 * stride));
            TLanes.Store(a21, a + (2 * stride) + 16);
            TLanes.Store(a30, a + (3 * stride));
            TLanes.Store(a31, a + (3 * stride) + 16);
        }

        for (; d < stride; d += 16)
        {
            for (var q = 0; q < 4; q++)
                AddLanes(weights + (q * AttentionScratch.TileRows), values + d, stride, first, end, accumulators + (q * stride) + d);
        }
    }

    /// <summary>accumulator += weight[row] * value[row] for one query and rows [first, end), ascending.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddOne(float* weights, float* values, int stride, int first, int end, float* accumulator)
    {
        var d = 0;
        for (; d <= stride - 64; d += 64)
        {
            var a = accumulator + d;
            TLanes a0 = TLanes.Load(a), a1 = TLanes.Load(a + 16), a2 = TLanes.Load(a + 32), a3 = TLanes.Load(a + 48);
            for (var row = first; row < end; row++)
            {
                var p = TLanes.Broadcast(weights[row]);
                var v = values + (row * stride) + d;
                a0 = TLanes.Fma(p, TLanes.Load(v), a0);
                a1 = TLanes.Fma(p, TLanes.Load(v + 16), a1);
                a2 = TLanes.Fma(p, TLanes.Load(v + 32), a2);
                a3 = TLanes.Fma(p, TLanes.Load(v + 48), a3);
            }

            TLanes.Store(a0, a);
            TLanes.Store(a1, a + 16);
            TLanes.Store(a2, a + 32);
            TLanes.Store(a3, a + 48);
        }

        for (; d < stride; d += 16)
            AddLanes(weights, values + d, stride, first, end, accumulator + d);
    }

    /// <summary>Merges a split into the total: splits are merged in ascending order.</summary>
    public static void Merge(ref float totalMaximum, ref float totalSum, float* total, float splitMaximum, float splitSum, float* split, int stride)
    {
        if (splitSum == 0)
            return; // nothing was seen
        var next = splitMaximum > totalMaximum ? splitMaximum : totalMaximum;
        var keep = Elementary.Exp(totalMaximum - next);
        var take = Elementary.Exp(splitMaximum - next);
        totalSum = MathF.FusedMultiplyAdd(totalSum, keep, splitSum * take);
        totalMaximum = next;
        var keepLanes = TLanes.Broadcast(keep);
        var takeLanes = TLanes.Broadcast(take);
        for (var d = 0; d < stride; d += 16)
            TLanes.Store(TLanes.Fma(TLanes.Load(total + d), keepLanes, TLanes.Load(split + d) * takeLanes), total + d);
    }

    /// <summary>output = total / sum; zeros when the sum is 0.</summary>
    public static void Divide(float* total, float sum, float* output, int headDim)
    {
        if (sum == 0)
        {
            new Span<float>(output, headDim).Clear();
            return;
        }

        var divisor = TLanes.Broadcast(sum);
        var d = 0;
        for (; d <= headDim - 16; d += 16)
            TLanes.Store(TLanes.Load(total + d) / divisor, output + d);
        for (; d < headDim; d++)
            output[d] = total[d] / sum;
    }

    private static void AddLanes(float* weights, float* values, int stride, int first, int end, float* accumulator)
    {
        var a = TLanes.Load(accumulator);
        for (var row = first; row < end; row++)
            a = TLanes.Fma(TLanes.Broadcast(weights[row]), TLanes.Load(values + (row * stride)), a);
        TLanes.Store(a, accumulator);
    }
}

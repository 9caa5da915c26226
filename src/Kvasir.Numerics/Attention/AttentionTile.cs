using System.Runtime.CompilerServices;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Attention;

/// <summary>The arithmetic of one tile: scores, softmax, weighted values. Each query's operations are the same whatever it is computed beside.</summary>
internal static unsafe class AttentionTile<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>scores[q][16 rows] = query · key, one chain over ascending dimensions, for eight queries.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScoreEight(float* keys, int headDim, float** q, float* scores)
    {
        float* q0 = q[0], q1 = q[1], q2 = q[2], q3 = q[3], q4 = q[4], q5 = q[5], q6 = q[6], q7 = q[7];
        var zero = TLanes.Broadcast(0);
        TLanes s0 = zero, s1 = zero, s2 = zero, s3 = zero, s4 = zero, s5 = zero, s6 = zero, s7 = zero;
        for (var d = 0; d < headDim; d++)
        {
            var key = TLanes.Load(keys + (d * 16));
            s0 = TLanes.Fma(TLanes.Broadcast(q0[d]), key, s0);
            s1 = TLanes.Fma(TLanes.Broadcast(q1[d]), key, s1);
            s2 = TLanes.Fma(TLanes.Broadcast(q2[d]), key, s2);
            s3 = TLanes.Fma(TLanes.Broadcast(q3[d]), key, s3);
            s4 = TLanes.Fma(TLanes.Broadcast(q4[d]), key, s4);
            s5 = TLanes.Fma(TLanes.Broadcast(q5[d]), key, s5);
            s6 = TLanes.Fma(TLanes.Broadcast(q6[d]), key, s6);
            s7 = TLanes.Fma(TLanes.Broadcast(q7[d]), key, s7);
        }

        TLanes.Store(s0, scores);
        TLanes.Store(s1, scores + AttentionScratch.TileRows);
        TLanes.Store(s2, scores + (2 * AttentionScratch.TileRows));
        TLanes.Store(s3, scores + (3 * AttentionScratch.TileRows));
        TLanes.Store(s4, scores + (4 * AttentionScratch.TileRows));
        TLanes.Store(s5, scores + (5 * AttentionScratch.TileRows));
        TLanes.Store(s6, scores + (6 * AttentionScratch.TileRows));
        TLanes.Store(s7, scores + (7 * AttentionScratch.TileRows));
    }

    /// <summary>scores[q][32 rows] for four queries and two neighbouring groups of keys.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScoreFour(float* keys, int headDim, float** q, float* scores)
    {
        float* q0 = q[0], q1 = q[1], q2 = q[2], q3 = q[3];
        var next = keys + (16 * headDim);
        var zero = TLanes.Broadcast(0);
        TLanes s00 = zero, s01 = zero, s10 = zero, s11 = zero, s20 = zero, s21 = zero, s30 = zero, s31 = zero;
        for (var d = 0; d < headDim; d++)
        {
            var key0 = TLanes.Load(keys + (d * 16));
            var key1 = TLanes.Load(next + (d * 16));
            var v = TLanes.Broadcast(q0[d]);
            s00 = TLanes.Fma(v, key0, s00);
            s01 = TLanes.Fma(v, key1, s01);
            v = TLanes.Broadcast(q1[d]);
            s10 = TLanes.Fma(v, key0, s10);
            s11 = TLanes.Fma(v, key1, s11);
            v = TLanes.Broadcast(q2[d]);
            s20 = TLanes.Fma(v, key0, s20);
            s21 = TLanes.Fma(v, key1, s21);
            v = TLanes.Broadcast(q3[d]);
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
    public static void ScoreOne(float* keys, int headDim, float* q, float* scores)
    {
        var group = 16 * headDim;
        var zero = TLanes.Broadcast(0);
        TLanes s0 = zero, s1 = zero, s2 = zero, s3 = zero;
        for (var d = 0; d < headDim; d++)
        {
            var query = TLanes.Broadcast(q[d]);
            s0 = TLanes.Fma(query, TLanes.Load(keys + (d * 16)), s0);
            s1 = TLanes.Fma(query, TLanes.Load(keys + group + (d * 16)), s1);
            s2 = TLanes.Fma(query, TLanes.Load(keys + (2 * group) + (d * 16)), s2);
            s3 = TLanes.Fma(query, TLanes.Load(keys + (3 * group) + (d * 16)), s3);
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

        var lanes = stackalloc float[16];
        TLanes.Store(largest, lanes);
        var next = maximum;
        for (var i = 0; i < 16; i++)
            next = lanes[i] > next ? lanes[i] : next;
        var reference = TLanes.Broadcast(next);
        var weights = zero;
        for (var i = 0; i < AttentionScratch.TileRows; i += 16)
        {
            var p = Elementary.Exp(TLanes.Load(scores + i) - reference);
            TLanes.Store(p, scores + i);
            weights += p;
        }

        TLanes.Store(weights, lanes);
        var total = Kernels.RowKernels<TLanes>.Tree(lanes);
        var rescale = Elementary.Exp(maximum - next);
        sum = MathF.FusedMultiplyAdd(sum, rescale, total);
        maximum = next;
        if (rescale == 1)
            return;
        var correction = TLanes.Broadcast(rescale);
        for (var d = 0; d < stride; d += 16)
            TLanes.Store(TLanes.Load(accumulator + d) * correction, accumulator + d);
    }

    /// <summary>accumulator[q] += weight[q][row] * value[row] for four queries and rows [first, end), ascending.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddFour(float* weights, float* values, int stride, int first, int end, float* accumulators)
    {
        var w0 = weights;
        var w1 = weights + AttentionScratch.TileRows;
        var w2 = weights + (2 * AttentionScratch.TileRows);
        var w3 = weights + (3 * AttentionScratch.TileRows);
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
                var p = TLanes.Broadcast(w0[row]);
                a00 = TLanes.Fma(p, v0, a00);
                a01 = TLanes.Fma(p, v1, a01);
                p = TLanes.Broadcast(w1[row]);
                a10 = TLanes.Fma(p, v0, a10);
                a11 = TLanes.Fma(p, v1, a11);
                p = TLanes.Broadcast(w2[row]);
                a20 = TLanes.Fma(p, v0, a20);
                a21 = TLanes.Fma(p, v1, a21);
                p = TLanes.Broadcast(w3[row]);
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

    private static void AddLanes(float* weights, float* values, int stride, int first, int end, float* accumulator)
    {
        var a = TLanes.Load(accumulator);
        for (var row = first; row < end; row++)
            a = TLanes.Fma(TLanes.Broadcast(weights[row]), TLanes.Load(values + (row * stride)), a);
        TLanes.Store(a, accumulator);
    }
}

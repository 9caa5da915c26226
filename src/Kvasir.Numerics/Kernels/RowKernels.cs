using System.Runtime.CompilerServices;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Kernels;

/// <summary>Operations on single rows. Sums run in sixteen lanes (element i in lane i mod 16) and end in a fixed tree.</summary>
internal static unsafe class RowKernels<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>y = x / sqrt(mean(x²) + epsilon) * weight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RmsNorm(float* x, int width, float* weight, float epsilon, float* y)
    {
        var sum = TLanes.Broadcast(0);
        var i = 0;
        for (; i <= width - 16; i += 16)
        {
            var v = TLanes.Load(x + i);
            sum = TLanes.Fma(v, v, sum);
        }

        var lanes = stackalloc float[16];
        TLanes.Store(sum, lanes);
        for (var lane = 0; i + lane < width; lane++)
            lanes[lane] = MathF.FusedMultiplyAdd(x[i + lane], x[i + lane], lanes[lane]);
        var factor = 1 / MathF.Sqrt((TLanes.Sum(TLanes.Load(lanes)) / width) + epsilon);
        var scale = TLanes.Broadcast(factor);
        for (i = 0; i <= width - 16; i += 16)
            TLanes.Store(TLanes.Load(x + i) * scale * TLanes.Load(weight + i), y + i);
        for (; i < width; i++)
            y[i] = x[i] * factor * weight[i];
    }

    /// <summary>x += y.</summary>
    public static void Add(float* x, float* y, long count)
    {
        long i = 0;
        for (; i <= count - 16; i += 16)
            TLanes.Store(TLanes.Load(x + i) + TLanes.Load(y + i), x + i);
        for (; i < count; i++)
            x[i] += y[i];
    }

    /// <summary>y = silu(gate) * up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SiluGate(float* gate, float* up, int width, float* y)
    {
        var i = 0;
        for (; i <= width - 16; i += 16)
            TLanes.Store(Elementary.Silu(TLanes.Load(gate + i)) * TLanes.Load(up + i), y + i);
        for (; i < width; i++)
            y[i] = Elementary.Silu(gate[i]) * up[i];
    }

    /// <summary>Rotates one head in place: pairs (i, i + half).</summary>
    public static void Rope(float* x, float* cosSin, int half)
    {
        var zero = TLanes.Broadcast(0);
        var i = 0;
        for (; i <= half - 16; i += 16)
        {
            var a = TLanes.Load(x + i);
            var b = TLanes.Load(x + half + i);
            var cos = TLanes.Load(cosSin + i);
            var sin = TLanes.Load(cosSin + half + i);
            TLanes.Store(TLanes.Fma(a, cos, zero - (b * sin)), x + i);
            TLanes.Store(TLanes.Fma(b, cos, a * sin), x + half + i);
        }

        for (; i < half; i++)
        {
            var a = x[i];
            var b = x[half + i];
            x[i] = MathF.FusedMultiplyAdd(a, cosSin[i], 0 - (b * cosSin[half + i]));
            x[half + i] = MathF.FusedMultiplyAdd(b, cosSin[i], a * cosSin[half + i]);
        }
    }
}

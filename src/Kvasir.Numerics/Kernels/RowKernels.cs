using System.Runtime.CompilerServices;
using Kvasir.Numerics.Fusion;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Kernels;

/// <summary>
/// Operations on single rows. What works element by element is a fused chain; sums run in sixteen lanes (element i in lane i mod 16) and
/// end in a fixed tree.
/// </summary>
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
        Run(Fuse.Read(x, width).Then<Multiply>(factor).With(Fuse.Read(weight, width)).Then<Multiply>().To(y));
    }

    /// <summary>x += y.</summary>
    public static void Add(float* x, float* y, long count)
    {
        if (count > 0)
            Run(Fuse.Read(x, count).With(Fuse.Read(y, count)).Then<Add>().To(x));
    }

    /// <summary>y = silu(gate) * up.</summary>
    public static void SiluGate(float* gate, float* up, int width, float* y) =>
        Run(Fuse.Read(gate, width).Then<Silu>().With(Fuse.Read(up, width)).Then<Multiply>().To(y));

    /// <summary>Rotates one head in place: pairs (i, i + half). No chain: both values of a pair are needed before either is written.</summary>
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

    private static void Run<TKernel>(TKernel kernel)
        where TKernel : unmanaged, IKernel => kernel.Run<TLanes>(Region.Of(kernel.Extent));
}

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

    /// <summary>y = (x - mean(x)) / sqrt(variance(x) + epsilon) * weight + bias; a bias of null is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void LayerNorm(float* x, int width, float* weight, float* bias, float epsilon, float* y)
    {
        var lanes = stackalloc float[16];
        var sum = TLanes.Broadcast(0);
        var i = 0;
        for (; i <= width - 16; i += 16)
            sum += TLanes.Load(x + i);
        TLanes.Store(sum, lanes);
        for (var lane = 0; i + lane < width; lane++)
            lanes[lane] += x[i + lane];
        var mean = TLanes.Sum(TLanes.Load(lanes)) / width;
        var center = TLanes.Broadcast(mean);
        sum = TLanes.Broadcast(0);
        for (i = 0; i <= width - 16; i += 16)
        {
            var v = TLanes.Load(x + i) - center;
            sum = TLanes.Fma(v, v, sum);
        }

        TLanes.Store(sum, lanes);
        for (var lane = 0; i + lane < width; lane++)
        {
            var v = x[i + lane] - mean;
            lanes[lane] = MathF.FusedMultiplyAdd(v, v, lanes[lane]);
        }

        var factor = 1 / MathF.Sqrt((TLanes.Sum(TLanes.Load(lanes)) / width) + epsilon);
        var scaled = Fuse.Read(x, width).Then<Subtract>(mean).Then<Multiply>(factor).With(Fuse.Read(weight, width)).Then<Multiply>();
        if (bias == null)
            Run(scaled.To(y));
        else
            Run(scaled.With(Fuse.Read(bias, width)).Then<Add>().To(y));
    }

    /// <summary>x *= factor.</summary>
    public static void Scale(float* x, long count, float factor)
    {
        if (count > 0)
            Run(Fuse.Read(x, count).Then<Multiply>(factor).To(x));
    }

    /// <summary>y += factor * x.</summary>
    public static void AddScaled(float* x, long count, float factor, float* y)
    {
        if (count > 0)
            Run(Fuse.Read(x, count).Then<Multiply>(factor).With(Fuse.Read(y, count)).Then<Add>().To(y));
    }

    /// <summary>x = cap * tanh(x / cap).</summary>
    public static void SoftCap(float* x, long count, float cap)
    {
        if (count > 0)
            Run(Fuse.Read(x, count).Then<Capped>(cap).To(x));
    }

    /// <summary>y = f(x), or f(x) * up where <paramref name="up"/> is not null.</summary>
    public static void Activate(Activation activation, float* x, float* up, int width, float* y)
    {
        switch (activation)
        {
            case Activation.Silu:
                Activate<Silu>(x, up, width, y);
                break;
            case Activation.Gelu:
                Activate<Gelu>(x, up, width, y);
                break;
            case Activation.GeluTanh:
                Activate<GeluTanh>(x, up, width, y);
                break;
            case Activation.QuickGelu:
                Activate<QuickGelu>(x, up, width, y);
                break;
            case Activation.Relu:
                Activate<Relu>(x, up, width, y);
                break;
            case Activation.SquaredRelu:
                Activate<SquaredRelu>(x, up, width, y);
                break;
            case Activation.ClampedSwiglu when up != null:
                Run(Fuse.Read(x, width).With(Fuse.Read(up, width)).Then<ClampedSwiglu>().To(y));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(activation), activation, "no such activation, or one that needs a gate");
        }
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

    private static void Activate<TActivation>(float* x, float* up, int width, float* y)
        where TActivation : unmanaged, IUnary
    {
        if (up == null)
            Run(Fuse.Read(x, width).Then<TActivation>().To(y));
        else
            Run(Fuse.Read(x, width).Then<TActivation>().With(Fuse.Read(up, width)).Then<Multiply>().To(y));
    }

    private static void Run<TKernel>(TKernel kernel)
        where TKernel : unmanaged, IKernel => kernel.Run<TLanes>(Region.Of(kernel.Extent));
}

using System.Runtime.CompilerServices;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Kernels;

/// <summary>How a vector of sixteen columns of a float panel is read; vector 2k + h has half h of the columns at k.</summary>
internal unsafe interface IFloatFormat
{
    static abstract TLanes Load<TLanes>(byte* panel, long vector)
        where TLanes : unmanaged, ILanes<TLanes>;
}

/// <summary>binary32.</summary>
internal readonly unsafe struct SingleFormat : IFloatFormat
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Load<TLanes>(byte* panel, long vector)
        where TLanes : unmanaged, ILanes<TLanes> => TLanes.Load((float*)panel + (vector * 16));
}

/// <summary>binary16.</summary>
internal readonly unsafe struct HalfFormat : IFloatFormat
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Load<TLanes>(byte* panel, long vector)
        where TLanes : unmanaged, ILanes<TLanes> => TLanes.LoadHalf((ushort*)panel + (vector * 16));
}

/// <summary>bfloat16.</summary>
internal readonly unsafe struct BFloatFormat : IFloatFormat
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Load<TLanes>(byte* panel, long vector)
        where TLanes : unmanaged, ILanes<TLanes> => TLanes.LoadBFloat((ushort*)panel + (vector * 16));
}

/// <summary>The inner kernel of float matmul: one or four rows times a panel, one chain over ascending k an output.</summary>
internal static unsafe class FloatTile
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Four<TLanes, TFormat>(PackedPart part, int panel, float* x, int first, int end, float* y, int stride)
        where TLanes : unmanaged, ILanes<TLanes>
        where TFormat : struct, IFloatFormat
    {
        var weights = part.Panel(panel);
        var x1 = x + part.Depth;
        var x2 = x1 + part.Depth;
        var x3 = x2 + part.Depth;
        var zero = TLanes.Broadcast(0);
        TLanes y00 = zero, y01 = zero, y10 = zero, y11 = zero, y20 = zero, y21 = zero, y30 = zero, y31 = zero;
        for (var k = first; k < end; k++)
        {
            var w0 = TFormat.Load<TLanes>(weights, 2L * k);
            var w1 = TFormat.Load<TLanes>(weights, (2L * k) + 1);
            var v = TLanes.Broadcast(x[k]);
            y00 = TLanes.Fma(v, w0, y00);
            y01 = TLanes.Fma(v, w1, y01);
            v = TLanes.Broadcast(x1[k]);
            y10 = TLanes.Fma(v, w0, y10);
            y11 = TLanes.Fma(v, w1, y11);
            v = TLanes.Broadcast(x2[k]);
            y20 = TLanes.Fma(v, w0, y20);
            y21 = TLanes.Fma(v, w1, y21);
            v = TLanes.Broadcast(x3[k]);
            y30 = TLanes.Fma(v, w0, y30);
            y31 = TLanes.Fma(v, w1, y31);
        }

        TLanes.Store(y00, y);
        TLanes.Store(y01, y + 16);
        y += stride;
        TLanes.Store(y10, y);
        TLanes.Store(y11, y + 16);
        y += stride;
        TLanes.Store(y20, y);
        TLanes.Store(y21, y + 16);
        y += stride;
        TLanes.Store(y30, y);
        TLanes.Store(y31, y + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void One<TLanes, TFormat>(PackedPart part, int panel, float* x, int first, int end, float* y)
        where TLanes : unmanaged, ILanes<TLanes>
        where TFormat : struct, IFloatFormat
    {
        var weights = part.Panel(panel);
        var y0 = TLanes.Broadcast(0);
        var y1 = y0;
        for (var k = first; k < end; k++)
        {
            var v = TLanes.Broadcast(x[k]);
            y0 = TLanes.Fma(v, TFormat.Load<TLanes>(weights, 2L * k), y0);
            y1 = TLanes.Fma(v, TFormat.Load<TLanes>(weights, (2L * k) + 1), y1);
        }

        TLanes.Store(y0, y);
        TLanes.Store(y1, y + 16);
    }
}

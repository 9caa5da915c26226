using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Kernels;

/// <summary>AVX2 and AVX-VNNI: rows of eight columns at a time; see <see cref="QuantTile512"/> for the arithmetic without VNNI.</summary>
internal readonly unsafe struct QuantTile256<TDot> : IQuantTile
    where TDot : struct, IByteDot
{
    public static int MaxRows => 2;

    public static bool UsesWords => TDot.UsesWords;

    public static void Run<TFormat>(in QuantTileCall call)
        where TFormat : struct, IQuantFormat
    {
        for (var column = 0; column < 32 * call.Panels; column += 8)
        {
            var panel = call.Part.Panel(call.Panel + (column / 32));
            if (call.Rows == 2)
                Two<TFormat>(call, panel, column % 32 / 8, call.Y + column);
            else
                One<TFormat>(call, panel, column % 32 / 8, call.Y + column);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Two<TFormat>(in QuantTileCall call, byte* panel, int quarter, float* y)
        where TFormat : struct, IQuantFormat
    {
        var layout = TFormat.Layout;
        var offset = TFormat.Offset;
        var blocks = call.X.Blocks;
        var x = call.X;
        var f0 = call.Resume ? Vector256.Load(y) : default;
        var f1 = call.Resume ? Vector256.Load(y + call.Stride) : default;
        for (var block = call.FirstBlock; block < call.EndBlock; block++)
        {
            var at = ((long)call.Row * blocks) + block;
            var weights = panel + ((long)block * layout.Bytes);
            Vector256<int> i0 = default, i1 = default;
            for (var g = 0; g < 8; g++)
            {
                var w = TFormat.Group256(weights, g, quarter);
                i0 = TDot.Add<TFormat>(i0, w, x, at, g);
                i1 = TDot.Add<TFormat>(i1, w, x, at + blocks, g);
            }

            var scale = Scale((ushort*)(weights + layout.Scales) + (8 * quarter));
            f0 = Apply<TFormat>(i0, offset, scale, x.Data + at, f0);
            f1 = Apply<TFormat>(i1, offset, scale, x.Data + at + blocks, f1);
            if (TFormat.HasMinimum)
            {
                var minimum = Scale((ushort*)(weights + layout.Minima) + (8 * quarter));
                f0 = ApplyMinimum(minimum, x.Data + at, f0);
                f1 = ApplyMinimum(minimum, x.Data + at + blocks, f1);
            }
        }

        f0.Store(y);
        f1.Store(y + call.Stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One<TFormat>(in QuantTileCall call, byte* panel, int quarter, float* y)
        where TFormat : struct, IQuantFormat
    {
        var layout = TFormat.Layout;
        var offset = TFormat.Offset;
        var x = call.X;
        var f = call.Resume ? Vector256.Load(y) : default;
        for (var block = call.FirstBlock; block < call.EndBlock; block++)
        {
            var at = ((long)call.Row * x.Blocks) + block;
            var weights = panel + ((long)block * layout.Bytes);
            Vector256<int> i = default;
            for (var g = 0; g < 8; g++)
                i = TDot.Add<TFormat>(i, TFormat.Group256(weights, g, quarter), x, at, g);
            f = Apply<TFormat>(i, offset, Scale((ushort*)(weights + layout.Scales) + (8 * quarter)), x.Data + at, f);
            if (TFormat.HasMinimum)
                f = ApplyMinimum(Scale((ushort*)(weights + layout.Minima) + (8 * quarter)), x.Data + at, f);
        }

        f.Store(y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Scale(ushort* scales) =>
        Half16.Widen(Vector256.WidenLower(Vector128.Load((short*)scales).ToVector256Unsafe()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Apply<TFormat>(
        Vector256<int> sum, int offset, Vector256<float> scale, ActivationBlock* x, Vector256<float> chain)
        where TFormat : struct, IQuantFormat
    {
        var product = TFormat.HasMinimum ? sum : sum - Vector256.Create(offset * x->Sum);
        return Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(product), scale * Vector256.Create(x->Scale), chain);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> ApplyMinimum(Vector256<float> minimum, ActivationBlock* x, Vector256<float> chain) =>
        Vector256.FusedMultiplyAdd(minimum, Vector256.Create(x->Scale * x->Sum), chain);
}

/// <summary>Adds the products of four bytes a column to eight 32-bit sums.</summary>
internal interface IByteDot
{
    /// <summary>True when 8-bit weights meet <see cref="ActivationBlocks.Words"/>.</summary>
    static abstract bool UsesWords { get; }

    static abstract Vector256<int> Add<TFormat>(Vector256<int> sum, Vector256<byte> weights, ActivationBlocks x, long at, int group)
        where TFormat : struct, IQuantFormat;
}

/// <summary>By vpmaddubsw and vpmaddwd.</summary>
internal readonly unsafe struct Avx2Dot : IByteDot
{
    public static bool UsesWords => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add<TFormat>(Vector256<int> sum, Vector256<byte> weights, ActivationBlocks x, long at, int group)
        where TFormat : struct, IQuantFormat
    {
        if (TFormat.IsSmall)
        {
            var bytes = Vector256.Create(((int*)x.Data[at].Values)[group]).AsSByte();
            return sum + Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(weights, bytes), Vector256.Create((short)1));
        }

        var words = (int*)(x.Words + (at * 32)) + (2 * group);
        var even = (weights.AsUInt16() & Vector256.Create((ushort)0xFF)).AsInt16();
        var odd = (weights.AsUInt16() >> 8).AsInt16();
        return sum
            + Avx2.MultiplyAddAdjacent(even, Vector256.Create(words[0]).AsInt16())
            + Avx2.MultiplyAddAdjacent(odd, Vector256.Create(words[1]).AsInt16());
    }
}

/// <summary>By vpdpbusd.</summary>
internal readonly unsafe struct VnniDot : IByteDot
{
    public static bool UsesWords => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add<TFormat>(Vector256<int> sum, Vector256<byte> weights, ActivationBlocks x, long at, int group)
        where TFormat : struct, IQuantFormat =>
        AvxVnni.MultiplyWideningAndAdd(sum, weights, Vector256.Create(((int*)x.Data[at].Values)[group]).AsSByte());
}

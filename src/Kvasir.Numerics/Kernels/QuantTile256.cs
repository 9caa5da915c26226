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

    public static void Run<TFormat>(PackedPart part, int panel, ActivationBlocks x, int row, int rows, int firstBlock, int endBlock, float* y)
        where TFormat : struct, IQuantFormat
    {
        for (var p = 0; p < 2; p++)
        {
            for (var half = 0; half < 2; half++)
            {
                var column = y + (16 * p) + (8 * half);
                if (rows == 2)
                    Two<TFormat>(part, part.Panel(panel + p), half, x, row, firstBlock, endBlock, column);
                else
                    One<TFormat>(part, part.Panel(panel + p), half, x, row, firstBlock, endBlock, column);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Two<TFormat>(PackedPart part, byte* panel, int half, ActivationBlocks x, int row, int firstBlock, int endBlock, float* y)
        where TFormat : struct, IQuantFormat
    {
        var scales = (ushort*)(panel + part.ScaleOffset) + (8 * half);
        var minima = (ushort*)(panel + part.MinimumOffset) + (8 * half);
        var high = panel + part.HighOffset;
        var blocks = x.Blocks;
        Vector256<float> f0 = default, f1 = default;
        for (var block = firstBlock; block < endBlock; block++)
        {
            var at = (row * blocks) + block;
            Vector256<int> i0 = default, i1 = default;
            for (var g = 0; g < 8; g++)
            {
                var w = TFormat.Group256(panel + (block * TFormat.ValueBytes), high + (block * 64), g, half);
                i0 = TDot.Add<TFormat>(i0, w, x, at, g);
                i1 = TDot.Add<TFormat>(i1, w, x, at + blocks, g);
            }

            var scale = Scale(scales + (block * 16));
            f0 = Apply<TFormat>(i0, scale, x, at, f0);
            f1 = Apply<TFormat>(i1, scale, x, at + blocks, f1);
            if (TFormat.HasMinimum)
            {
                var minimum = Scale(minima + (block * 16));
                f0 = Vector256.FusedMultiplyAdd(minimum, Vector256.Create(x.Scales[at] * x.Sums[at]), f0);
                f1 = Vector256.FusedMultiplyAdd(minimum, Vector256.Create(x.Scales[at + blocks] * x.Sums[at + blocks]), f1);
            }
        }

        f0.Store(y);
        f1.Store(y + 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One<TFormat>(PackedPart part, byte* panel, int half, ActivationBlocks x, int row, int firstBlock, int endBlock, float* y)
        where TFormat : struct, IQuantFormat
    {
        var scales = (ushort*)(panel + part.ScaleOffset) + (8 * half);
        var minima = (ushort*)(panel + part.MinimumOffset) + (8 * half);
        var high = panel + part.HighOffset;
        Vector256<float> f = default;
        for (var block = firstBlock; block < endBlock; block++)
        {
            var at = (row * x.Blocks) + block;
            Vector256<int> i = default;
            for (var g = 0; g < 8; g++)
                i = TDot.Add<TFormat>(i, TFormat.Group256(panel + (block * TFormat.ValueBytes), high + (block * 64), g, half), x, at, g);
            f = Apply<TFormat>(i, Scale(scales + (block * 16)), x, at, f);
            if (TFormat.HasMinimum)
                f = Vector256.FusedMultiplyAdd(Scale(minima + (block * 16)), Vector256.Create(x.Scales[at] * x.Sums[at]), f);
        }

        f.Store(y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Scale(ushort* scales) =>
        Half16.Widen(Vector256.WidenLower(Vector128.Load((short*)scales).ToVector256Unsafe()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Apply<TFormat>(Vector256<int> sum, Vector256<float> scale, ActivationBlocks x, int at, Vector256<float> chain)
        where TFormat : struct, IQuantFormat
    {
        var product = TFormat.HasMinimum ? sum : sum - Vector256.Create(TFormat.Offset * x.Sums[at]);
        return Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(product), scale * Vector256.Create(x.Scales[at]), chain);
    }
}

/// <summary>Adds the products of four bytes a column to eight 32-bit sums.</summary>
internal unsafe interface IByteDot
{
    static abstract Vector256<int> Add<TFormat>(Vector256<int> sum, Vector256<byte> weights, ActivationBlocks x, int at, int group)
        where TFormat : struct, IQuantFormat;
}

/// <summary>By vpmaddubsw and vpmaddwd.</summary>
internal readonly unsafe struct Avx2Dot : IByteDot
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add<TFormat>(Vector256<int> sum, Vector256<byte> weights, ActivationBlocks x, int at, int group)
        where TFormat : struct, IQuantFormat
    {
        if (TFormat.IsSmall)
        {
            var bytes = Vector256.Create(((int*)(x.Bytes + ((long)at * 32)))[group]).AsSByte();
            return sum + Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(weights, bytes), Vector256.Create((short)1));
        }

        var words = (int*)(x.Words + ((long)at * 32)) + (2 * group);
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
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add<TFormat>(Vector256<int> sum, Vector256<byte> weights, ActivationBlocks x, int at, int group)
        where TFormat : struct, IQuantFormat =>
        AvxVnni.MultiplyWideningAndAdd(sum, weights, Vector256.Create(((int*)(x.Bytes + ((long)at * 32)))[group]).AsSByte());
}

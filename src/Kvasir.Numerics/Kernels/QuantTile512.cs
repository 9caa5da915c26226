using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Kernels;

/// <summary>
/// AVX-512 without VNNI (which .NET 10 does not expose at this width): values below 32 by vpmaddubsw with 16-bit sums, 8-bit values
/// split into even and odd 16-bit halves for vpmaddwd. Both are exact.
/// </summary>
internal readonly unsafe struct QuantTile512 : IQuantTile
{
    /// <summary>Rows from which values are unpacked once for all of them, instead of anew for every four.</summary>
    private const int ManyRows = 8;

    public static int MaxRows => 32;

    public static void Run<TFormat>(PackedPart part, int panel, ActivationBlocks x, int row, int rows, int firstBlock, int endBlock, float* y)
        where TFormat : struct, IQuantFormat
    {
        var done = 0;
        if (TFormat.IsSmall && rows >= ManyRows)
        {
            done = rows & ~3;
            Many<TFormat>(part, panel, x, row, done, firstBlock, endBlock, y);
        }

        for (; done + 4 <= rows; done += 4)
            Four<TFormat>(part, panel, x, row + done, firstBlock, endBlock, y + (done * 32));
        for (; done < rows; done++)
            One<TFormat>(part, panel, x, row + done, firstBlock, endBlock, y + (done * 32));
    }

    /// <summary>
    /// Small values, a multiple of four rows: a block's values are unpacked to the first-level cache and used by all rows; the rows' chains
    /// wait in <paramref name="y"/> from block to block. Each has the operations of <see cref="Four"/> in the same order.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Many<TFormat>(PackedPart part, int panel, ActivationBlocks x, int row, int rows, int firstBlock, int endBlock, float* y)
        where TFormat : struct, IQuantFormat
    {
        var panel0 = part.Panel(panel);
        var panel1 = part.Panel(panel + 1);
        var scaleOffset = part.ScaleOffset;
        var minimumOffset = part.MinimumOffset;
        var highOffset = part.HighOffset;
        var valueOffset = TFormat.Offset;
        var blocks = x.Blocks;
        var memory = stackalloc byte[1024 + 64];
        var unpacked = (byte*)(((nint)memory + 63) & ~63);
        var ones = Vector512.Create((short)1);
        new Span<float>(y, rows * 32).Clear();
        for (var block = firstBlock; block < endBlock; block++)
        {
            var values0 = panel0 + (block * TFormat.ValueBytes);
            var values1 = panel1 + (block * TFormat.ValueBytes);
            var high0 = panel0 + highOffset + (block * 64);
            var high1 = panel1 + highOffset + (block * 64);
            for (var g = 0; g < 8; g++)
            {
                TFormat.Group512(values0, high0, g).StoreAligned(unpacked + (g * 128));
                TFormat.Group512(values1, high1, g).StoreAligned(unpacked + (g * 128) + 64);
            }

            var scale0 = Scale(panel0 + scaleOffset, block);
            var scale1 = Scale(panel1 + scaleOffset, block);
            var minimum0 = TFormat.HasMinimum ? Scale(panel0 + minimumOffset, block) : default;
            var minimum1 = TFormat.HasMinimum ? Scale(panel1 + minimumOffset, block) : default;
            var at = (row * blocks) + block;
            var chain = y;
            for (var r = 0; r < rows; r += 4, at += 4 * blocks, chain += 4 * 32)
            {
                var a0 = (int*)(x.Bytes + ((long)at * 32));
                var a1 = a0 + (blocks * 8);
                var a2 = a1 + (blocks * 8);
                var a3 = a2 + (blocks * 8);
                Vector512<int> i00 = default, i01 = default, i10 = default, i11 = default;
                Vector512<int> i20 = default, i21 = default, i30 = default, i31 = default;
                for (var half = 0; half < 8; half += 4)
                {
                    Vector512<short> s00 = default, s01 = default, s10 = default, s11 = default;
                    Vector512<short> s20 = default, s21 = default, s30 = default, s31 = default;
                    for (var g = half; g < half + 4; g++)
                    {
                        var w0 = Vector512.LoadAligned(unpacked + (g * 128));
                        var w1 = Vector512.LoadAligned(unpacked + (g * 128) + 64);
                        var v = Vector512.Create(a0[g]).AsSByte();
                        s00 += Avx512BW.MultiplyAddAdjacent(w0, v);
                        s01 += Avx512BW.MultiplyAddAdjacent(w1, v);
                        v = Vector512.Create(a1[g]).AsSByte();
                        s10 += Avx512BW.MultiplyAddAdjacent(w0, v);
                        s11 += Avx512BW.MultiplyAddAdjacent(w1, v);
                        v = Vector512.Create(a2[g]).AsSByte();
                        s20 += Avx512BW.MultiplyAddAdjacent(w0, v);
                        s21 += Avx512BW.MultiplyAddAdjacent(w1, v);
                        v = Vector512.Create(a3[g]).AsSByte();
                        s30 += Avx512BW.MultiplyAddAdjacent(w0, v);
                        s31 += Avx512BW.MultiplyAddAdjacent(w1, v);
                    }

                    i00 += Avx512BW.MultiplyAddAdjacent(s00, ones);
                    i01 += Avx512BW.MultiplyAddAdjacent(s01, ones);
                    i10 += Avx512BW.MultiplyAddAdjacent(s10, ones);
                    i11 += Avx512BW.MultiplyAddAdjacent(s11, ones);
                    i20 += Avx512BW.MultiplyAddAdjacent(s20, ones);
                    i21 += Avx512BW.MultiplyAddAdjacent(s21, ones);
                    i30 += Avx512BW.MultiplyAddAdjacent(s30, ones);
                    i31 += Avx512BW.MultiplyAddAdjacent(s31, ones);
                }

                Chain<TFormat>(i00, valueOffset, scale0, minimum0, x, at, chain);
                Chain<TFormat>(i01, valueOffset, scale1, minimum1, x, at, chain + 16);
                Chain<TFormat>(i10, valueOffset, scale0, minimum0, x, at + blocks, chain + 32);
                Chain<TFormat>(i11, valueOffset, scale1, minimum1, x, at + blocks, chain + 48);
                Chain<TFormat>(i20, valueOffset, scale0, minimum0, x, at + (2 * blocks), chain + 64);
                Chain<TFormat>(i21, valueOffset, scale1, minimum1, x, at + (2 * blocks), chain + 80);
                Chain<TFormat>(i30, valueOffset, scale0, minimum0, x, at + (3 * blocks), chain + 96);
                Chain<TFormat>(i31, valueOffset, scale1, minimum1, x, at + (3 * blocks), chain + 112);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Chain<TFormat>(
        Vector512<int> sum, int valueOffset, Vector512<float> scale, Vector512<float> minimum, ActivationBlocks x, int at, float* chain)
        where TFormat : struct, IQuantFormat
    {
        var value = Apply<TFormat>(sum, valueOffset, scale, x, at, Vector512.Load(chain));
        if (TFormat.HasMinimum)
            value = ApplyMinimum(minimum, x, at, value);
        value.Store(chain);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four<TFormat>(PackedPart part, int panel, ActivationBlocks x, int row, int firstBlock, int endBlock, float* y)
        where TFormat : struct, IQuantFormat
    {
        var panel0 = part.Panel(panel);
        var panel1 = part.Panel(panel + 1);
        var scaleOffset = part.ScaleOffset;
        var minimumOffset = part.MinimumOffset;
        var highOffset = part.HighOffset;
        var valueOffset = TFormat.Offset;
        var blocks = x.Blocks;
        Vector512<float> f00 = default, f01 = default, f10 = default, f11 = default;
        Vector512<float> f20 = default, f21 = default, f30 = default, f31 = default;
        for (var block = firstBlock; block < endBlock; block++)
        {
            var at = (row * blocks) + block;
            Vector512<int> i00 = default, i01 = default, i10 = default, i11 = default;
            Vector512<int> i20 = default, i21 = default, i30 = default, i31 = default;
            var values0 = panel0 + (block * TFormat.ValueBytes);
            var values1 = panel1 + (block * TFormat.ValueBytes);
            var high0 = panel0 + highOffset + (block * 64);
            var high1 = panel1 + highOffset + (block * 64);
            if (TFormat.IsSmall)
            {
                var a0 = (int*)(x.Bytes + ((long)at * 32));
                var a1 = a0 + (blocks * 8);
                var a2 = a1 + (blocks * 8);
                var a3 = a2 + (blocks * 8);
                var ones = Vector512.Create((short)1);
                for (var half = 0; half < 8; half += 4)
                {
                    Vector512<short> s00 = default, s01 = default, s10 = default, s11 = default;
                    Vector512<short> s20 = default, s21 = default, s30 = default, s31 = default;
                    for (var g = half; g < half + 4; g++)
                    {
                        var w0 = TFormat.Group512(values0, high0, g);
                        var w1 = TFormat.Group512(values1, high1, g);
                        var v = Vector512.Create(a0[g]).AsSByte();
                        s00 += Avx512BW.MultiplyAddAdjacent(w0, v);
                        s01 += Avx512BW.MultiplyAddAdjacent(w1, v);
                        v = Vector512.Create(a1[g]).AsSByte();
                        s10 += Avx512BW.MultiplyAddAdjacent(w0, v);
                        s11 += Avx512BW.MultiplyAddAdjacent(w1, v);
                        v = Vector512.Create(a2[g]).AsSByte();
                        s20 += Avx512BW.MultiplyAddAdjacent(w0, v);
                        s21 += Avx512BW.MultiplyAddAdjacent(w1, v);
                        v = Vector512.Create(a3[g]).AsSByte();
                        s30 += Avx512BW.MultiplyAddAdjacent(w0, v);
                        s31 += Avx512BW.MultiplyAddAdjacent(w1, v);
                    }

                    i00 += Avx512BW.MultiplyAddAdjacent(s00, ones);
                    i01 += Avx512BW.MultiplyAddAdjacent(s01, ones);
                    i10 += Avx512BW.MultiplyAddAdjacent(s10, ones);
                    i11 += Avx512BW.MultiplyAddAdjacent(s11, ones);
                    i20 += Avx512BW.MultiplyAddAdjacent(s20, ones);
                    i21 += Avx512BW.MultiplyAddAdjacent(s21, ones);
                    i30 += Avx512BW.MultiplyAddAdjacent(s30, ones);
                    i31 += Avx512BW.MultiplyAddAdjacent(s31, ones);
                }
            }
            else
            {
                var low = Vector512.Create((ushort)0xFF);
                var a0 = (int*)(x.Words + ((long)at * 32));
                var a1 = a0 + (blocks * 16);
                var a2 = a1 + (blocks * 16);
                var a3 = a2 + (blocks * 16);
                for (var g = 0; g < 8; g++)
                {
                    var w0 = TFormat.Group512(values0, high0, g).AsUInt16();
                    var w1 = TFormat.Group512(values1, high1, g).AsUInt16();
                    var even0 = (w0 & low).AsInt16();
                    var odd0 = (w0 >> 8).AsInt16();
                    var even1 = (w1 & low).AsInt16();
                    var odd1 = (w1 >> 8).AsInt16();
                    var even = Vector512.Create(a0[2 * g]).AsInt16();
                    var odd = Vector512.Create(a0[(2 * g) + 1]).AsInt16();
                    i00 += Avx512BW.MultiplyAddAdjacent(even0, even) + Avx512BW.MultiplyAddAdjacent(odd0, odd);
                    i01 += Avx512BW.MultiplyAddAdjacent(even1, even) + Avx512BW.MultiplyAddAdjacent(odd1, odd);
                    even = Vector512.Create(a1[2 * g]).AsInt16();
                    odd = Vector512.Create(a1[(2 * g) + 1]).AsInt16();
                    i10 += Avx512BW.MultiplyAddAdjacent(even0, even) + Avx512BW.MultiplyAddAdjacent(odd0, odd);
                    i11 += Avx512BW.MultiplyAddAdjacent(even1, even) + Avx512BW.MultiplyAddAdjacent(odd1, odd);
                    even = Vector512.Create(a2[2 * g]).AsInt16();
                    odd = Vector512.Create(a2[(2 * g) + 1]).AsInt16();
                    i20 += Avx512BW.MultiplyAddAdjacent(even0, even) + Avx512BW.MultiplyAddAdjacent(odd0, odd);
                    i21 += Avx512BW.MultiplyAddAdjacent(even1, even) + Avx512BW.MultiplyAddAdjacent(odd1, odd);
                    even = Vector512.Create(a3[2 * g]).AsInt16();
                    odd = Vector512.Create(a3[(2 * g) + 1]).AsInt16();
                    i30 += Avx512BW.MultiplyAddAdjacent(even0, even) + Avx512BW.MultiplyAddAdjacent(odd0, odd);
                    i31 += Avx512BW.MultiplyAddAdjacent(even1, even) + Avx512BW.MultiplyAddAdjacent(odd1, odd);
                }
            }

            var scale0 = Scale(panel0 + scaleOffset, block);
            var scale1 = Scale(panel1 + scaleOffset, block);
            f00 = Apply<TFormat>(i00, valueOffset, scale0, x, at, f00);
            f01 = Apply<TFormat>(i01, valueOffset, scale1, x, at, f01);
            f10 = Apply<TFormat>(i10, valueOffset, scale0, x, at + blocks, f10);
            f11 = Apply<TFormat>(i11, valueOffset, scale1, x, at + blocks, f11);
            f20 = Apply<TFormat>(i20, valueOffset, scale0, x, at + (2 * blocks), f20);
            f21 = Apply<TFormat>(i21, valueOffset, scale1, x, at + (2 * blocks), f21);
            f30 = Apply<TFormat>(i30, valueOffset, scale0, x, at + (3 * blocks), f30);
            f31 = Apply<TFormat>(i31, valueOffset, scale1, x, at + (3 * blocks), f31);
            if (TFormat.HasMinimum)
            {
                var minimum0 = Scale(panel0 + minimumOffset, block);
                var minimum1 = Scale(panel1 + minimumOffset, block);
                f00 = ApplyMinimum(minimum0, x, at, f00);
                f01 = ApplyMinimum(minimum1, x, at, f01);
                f10 = ApplyMinimum(minimum0, x, at + blocks, f10);
                f11 = ApplyMinimum(minimum1, x, at + blocks, f11);
                f20 = ApplyMinimum(minimum0, x, at + (2 * blocks), f20);
                f21 = ApplyMinimum(minimum1, x, at + (2 * blocks), f21);
                f30 = ApplyMinimum(minimum0, x, at + (3 * blocks), f30);
                f31 = ApplyMinimum(minimum1, x, at + (3 * blocks), f31);
            }
        }

        f00.Store(y);
        f01.Store(y + 16);
        f10.Store(y + 32);
        f11.Store(y + 48);
        f20.Store(y + 64);
        f21.Store(y + 80);
        f30.Store(y + 96);
        f31.Store(y + 112);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One<TFormat>(PackedPart part, int panel, ActivationBlocks x, int row, int firstBlock, int endBlock, float* y)
        where TFormat : struct, IQuantFormat
    {
        var panel0 = part.Panel(panel);
        var panel1 = part.Panel(panel + 1);
        var scaleOffset = part.ScaleOffset;
        var minimumOffset = part.MinimumOffset;
        var highOffset = part.HighOffset;
        var valueOffset = TFormat.Offset;
        var blocks = x.Blocks;
        Vector512<float> f0 = default, f1 = default;
        for (var block = firstBlock; block < endBlock; block++)
        {
            var at = (row * blocks) + block;
            Vector512<int> i0 = default, i1 = default;
            var values0 = panel0 + (block * TFormat.ValueBytes);
            var values1 = panel1 + (block * TFormat.ValueBytes);
            var high0 = panel0 + highOffset + (block * 64);
            var high1 = panel1 + highOffset + (block * 64);
            if (TFormat.IsSmall)
            {
                var a = (int*)(x.Bytes + ((long)at * 32));
                var ones = Vector512.Create((short)1);
                for (var half = 0; half < 8; half += 4)
                {
                    Vector512<short> s0 = default, s1 = default;
                    for (var g = half; g < half + 4; g++)
                    {
                        var v = Vector512.Create(a[g]).AsSByte();
                        s0 += Avx512BW.MultiplyAddAdjacent(TFormat.Group512(values0, high0, g), v);
                        s1 += Avx512BW.MultiplyAddAdjacent(TFormat.Group512(values1, high1, g), v);
                    }

                    i0 += Avx512BW.MultiplyAddAdjacent(s0, ones);
                    i1 += Avx512BW.MultiplyAddAdjacent(s1, ones);
                }
            }
            else
            {
                var low = Vector512.Create((ushort)0xFF);
                var a = (int*)(x.Words + ((long)at * 32));
                for (var g = 0; g < 8; g++)
                {
                    var w0 = TFormat.Group512(values0, high0, g).AsUInt16();
                    var w1 = TFormat.Group512(values1, high1, g).AsUInt16();
                    var even = Vector512.Create(a[2 * g]).AsInt16();
                    var odd = Vector512.Create(a[(2 * g) + 1]).AsInt16();
                    i0 += Avx512BW.MultiplyAddAdjacent((w0 & low).AsInt16(), even) + Avx512BW.MultiplyAddAdjacent((w0 >> 8).AsInt16(), odd);
                    i1 += Avx512BW.MultiplyAddAdjacent((w1 & low).AsInt16(), even) + Avx512BW.MultiplyAddAdjacent((w1 >> 8).AsInt16(), odd);
                }
            }

            f0 = Apply<TFormat>(i0, valueOffset, Scale(panel0 + scaleOffset, block), x, at, f0);
            f1 = Apply<TFormat>(i1, valueOffset, Scale(panel1 + scaleOffset, block), x, at, f1);
            if (TFormat.HasMinimum)
            {
                f0 = ApplyMinimum(Scale(panel0 + minimumOffset, block), x, at, f0);
                f1 = ApplyMinimum(Scale(panel1 + minimumOffset, block), x, at, f1);
            }
        }

        f0.Store(y);
        f1.Store(y + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Scale(byte* scales, int block) =>
        Half16.Widen(Vector512.WidenLower(Vector256.Load((short*)scales + (block * 16)).ToVector512Unsafe()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Apply<TFormat>(Vector512<int> sum, int valueOffset, Vector512<float> scale, ActivationBlocks x, int at, Vector512<float> chain)
        where TFormat : struct, IQuantFormat
    {
        var product = TFormat.HasMinimum ? sum : sum - Vector512.Create(valueOffset * x.Sums[at]);
        return Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(product), scale * Vector512.Create(x.Scales[at]), chain);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ApplyMinimum(Vector512<float> minimum, ActivationBlocks x, int at, Vector512<float> chain) =>
        Vector512.FusedMultiplyAdd(minimum, Vector512.Create(x.Scales[at] * x.Sums[at]), chain);
}

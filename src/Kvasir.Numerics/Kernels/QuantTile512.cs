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
    public static int MaxRows => 32;

    public static bool UsesWords => true;

    public static void Run<TFormat>(in QuantTileCall call)
        where TFormat : struct, IQuantFormat
    {
        for (var p = 0; p < call.Panels; p++)
        {
            var panel = call.Part.Panel(call.Panel + p);
            var y = call.Y + (p * PackedPart.PanelColumns);
            var row = 0;
            if (TFormat.IsSmall && call.Rows >= 4)
            {
                row = call.Rows & ~3;
                Small<TFormat>(call, panel, row, y);
            }

            for (; row + 4 <= call.Rows; row += 4)
                FourBytes<TFormat>(call, panel, row, y + ((long)row * call.Stride));
            for (; row < call.Rows; row++)
                One<TFormat>(call, panel, row, y + ((long)row * call.Stride));
        }
    }

    /// <summary>
    /// Small values, a multiple of four rows: a block's values are unpacked to the first-level cache and used by all rows; the rows' chains
    /// wait in <paramref name="y"/> from block to block.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Small<TFormat>(in QuantTileCall call, byte* panel, int rows, float* y)
        where TFormat : struct, IQuantFormat
    {
        var layout = TFormat.Layout;
        var offset = TFormat.Offset;
        var blocks = call.X.Blocks;
        var stride = call.Stride;
        var memory = stackalloc byte[1024 + 64];
        var unpacked = (byte*)(((nint)memory + 63) & ~63);
        var ones = Vector512.Create((short)1);
        for (var r = 0; r < rows && !call.Resume; r++)
            new Span<float>(y + ((long)r * stride), PackedPart.PanelColumns).Clear();
        for (var block = call.FirstBlock; block < call.EndBlock; block++)
        {
            var weights = panel + ((long)block * layout.Bytes);
            for (var g = 0; g < 8; g++)
            {
                TFormat.Group512(weights, g, 0).StoreAligned(unpacked + (g * 128));
                TFormat.Group512(weights, g, 1).StoreAligned(unpacked + (g * 128) + 64);
            }

            var scale0 = Scale(weights + layout.Scales);
            var scale1 = Scale(weights + layout.Scales + 32);
            var minimum0 = TFormat.HasMinimum ? Scale(weights + layout.Minima) : default;
            var minimum1 = TFormat.HasMinimum ? Scale(weights + layout.Minima + 32) : default;
            var x0 = call.X.Data + ((long)call.Row * blocks) + block;
            var chain = y;
            for (var r = 0; r < rows; r += 4, x0 += 4 * blocks, chain += 4L * stride)
            {
                var x1 = x0 + blocks;
                var x2 = x1 + blocks;
                var x3 = x2 + blocks;
                var a0 = (int*)x0;
                var a1 = (int*)x1;
                var a2 = (int*)x2;
                var a3 = (int*)x3;
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

                Chain<TFormat>(i00, offset, scale0, minimum0, x0, chain);
                Chain<TFormat>(i01, offset, scale1, minimum1, x0, chain + 16);
                Chain<TFormat>(i10, offset, scale0, minimum0, x1, chain + stride);
                Chain<TFormat>(i11, offset, scale1, minimum1, x1, chain + stride + 16);
                Chain<TFormat>(i20, offset, scale0, minimum0, x2, chain + (2 * stride));
                Chain<TFormat>(i21, offset, scale1, minimum1, x2, chain + (2 * stride) + 16);
                Chain<TFormat>(i30, offset, scale0, minimum0, x3, chain + (3 * stride));
                Chain<TFormat>(i31, offset, scale1, minimum1, x3, chain + (3 * stride) + 16);
            }
        }
    }

    /// <summary>Four rows of 8-bit values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourBytes<TFormat>(in QuantTileCall call, byte* panel, int row, float* y)
        where TFormat : struct, IQuantFormat
    {
        var layout = TFormat.Layout;
        var offset = TFormat.Offset;
        var blocks = call.X.Blocks;
        var low = Vector512.Create((ushort)0xFF);
        Vector512<float> f00 = default, f01 = default, f10 = default, f11 = default;
        Vector512<float> f20 = default, f21 = default, f30 = default, f31 = default;
        if (call.Resume)
        {
            f00 = Vector512.Load(y);
            f01 = Vector512.Load(y + 16);
            f10 = Vector512.Load(y + call.Stride);
            f11 = Vector512.Load(y + call.Stride + 16);
            f20 = Vector512.Load(y + (2 * call.Stride));
            f21 = Vector512.Load(y + (2 * call.Stride) + 16);
            f30 = Vector512.Load(y + (3 * call.Stride));
            f31 = Vector512.Load(y + (3 * call.Stride) + 16);
        }

        for (var block = call.FirstBlock; block < call.EndBlock; block++)
        {
            var weights = panel + ((long)block * layout.Bytes);
            var at = ((long)(call.Row + row) * blocks) + block;
            Vector512<int> i00 = default, i01 = default, i10 = default, i11 = default;
            Vector512<int> i20 = default, i21 = default, i30 = default, i31 = default;
            var a0 = (int*)(call.X.Words + (at * 32));
            var a1 = a0 + (blocks * 16);
            var a2 = a1 + (blocks * 16);
            var a3 = a2 + (blocks * 16);
            for (var g = 0; g < 8; g++)
            {
                var w0 = TFormat.Group512(weights, g, 0).AsUInt16();
                var w1 = TFormat.Group512(weights, g, 1).AsUInt16();
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

            var x0 = call.X.Data + at;
            var x1 = x0 + blocks;
            var x2 = x1 + blocks;
            var x3 = x2 + blocks;
            var scale0 = Scale(weights + layout.Scales);
            var scale1 = Scale(weights + layout.Scales + 32);
            f00 = Apply<TFormat>(i00, offset, scale0, x0, f00);
            f01 = Apply<TFormat>(i01, offset, scale1, x0, f01);
            f10 = Apply<TFormat>(i10, offset, scale0, x1, f10);
            f11 = Apply<TFormat>(i11, offset, scale1, x1, f11);
            f20 = Apply<TFormat>(i20, offset, scale0, x2, f20);
            f21 = Apply<TFormat>(i21, offset, scale1, x2, f21);
            f30 = Apply<TFormat>(i30, offset, scale0, x3, f30);
            f31 = Apply<TFormat>(i31, offset, scale1, x3, f31);
        }

        f00.Store(y);
        f01.Store(y + 16);
        y += call.Stride;
        f10.Store(y);
        f11.Store(y + 16);
        y += call.Stride;
        f20.Store(y);
        f21.Store(y + 16);
        y += call.Stride;
        f30.Store(y);
        f31.Store(y + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One<TFormat>(in QuantTileCall call, byte* panel, int row, float* y)
        where TFormat : struct, IQuantFormat
    {
        var layout = TFormat.Layout;
        var offset = TFormat.Offset;
        var ones = Vector512.Create((short)1);
        var low = Vector512.Create((ushort)0xFF);
        var f0 = call.Resume ? Vector512.Load(y) : default;
        var f1 = call.Resume ? Vector512.Load(y + 16) : default;
        for (var block = call.FirstBlock; block < call.EndBlock; block++)
        {
            var weights = panel + ((long)block * layout.Bytes);
            var at = ((long)(call.Row + row) * call.X.Blocks) + block;
            var x = call.X.Data + at;
            Vector512<int> i0 = default, i1 = default;
            if (TFormat.IsSmall)
            {
                for (var half = 0; half < 8; half += 4)
                {
                    Vector512<short> s0 = default, s1 = default;
                    for (var g = half; g < half + 4; g++)
                    {
                        var v = Vector512.Create(((int*)x)[g]).AsSByte();
                        s0 += Avx512BW.MultiplyAddAdjacent(TFormat.Group512(weights, g, 0), v);
                        s1 += Avx512BW.MultiplyAddAdjacent(TFormat.Group512(weights, g, 1), v);
                    }

                    i0 += Avx512BW.MultiplyAddAdjacent(s0, ones);
                    i1 += Avx512BW.MultiplyAddAdjacent(s1, ones);
                }
            }
            else
            {
                var a = (int*)(call.X.Words + (at * 32));
                for (var g = 0; g < 8; g++)
                {
                    var w0 = TFormat.Group512(weights, g, 0).AsUInt16();
                    var w1 = TFormat.Group512(weights, g, 1).AsUInt16();
                    var even = Vector512.Create(a[2 * g]).AsInt16();
                    var odd = Vector512.Create(a[(2 * g) + 1]).AsInt16();
                    i0 += Avx512BW.MultiplyAddAdjacent((w0 & low).AsInt16(), even) + Avx512BW.MultiplyAddAdjacent((w0 >> 8).AsInt16(), odd);
                    i1 += Avx512BW.MultiplyAddAdjacent((w1 & low).AsInt16(), even) + Avx512BW.MultiplyAddAdjacent((w1 >> 8).AsInt16(), odd);
                }
            }

            f0 = Apply<TFormat>(i0, offset, Scale(weights + layout.Scales), x, f0);
            f1 = Apply<TFormat>(i1, offset, Scale(weights + layout.Scales + 32), x, f1);
            if (TFormat.HasMinimum)
            {
                f0 = ApplyMinimum(Scale(weights + layout.Minima), x, f0);
                f1 = ApplyMinimum(Scale(weights + layout.Minima + 32), x, f1);
            }
        }

        f0.Store(y);
        f1.Store(y + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Chain<TFormat>(
        Vector512<int> sum, int offset, Vector512<float> scale, Vector512<float> minimum, ActivationBlock* x, float* chain)
        where TFormat : struct, IQuantFormat
    {
        var value = Apply<TFormat>(sum, offset, scale, x, Vector512.Load(chain));
        if (TFormat.HasMinimum)
            value = ApplyMinimum(minimum, x, value);
        value.Store(chain);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Scale(byte* scales) =>
        Half16.Widen(Vector512.WidenLower(Vector256.Load((short*)scales).ToVector512Unsafe()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Apply<TFormat>(Vector512<int> sum, int offset, Vector512<float> scale, ActivationBlock* x, Vector512<float> chain)
        where TFormat : struct, IQuantFormat
    {
        var product = TFormat.HasMinimum ? sum : sum - Vector512.Create(offset * x->Sum);
        return Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(product), scale * Vector512.Create(x->Scale), chain);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ApplyMinimum(Vector512<float> minimum, ActivationBlock* x, Vector512<float> chain) =>
        Vector512.FusedMultiplyAdd(minimum, Vector512.Create(x->Scale * x->Sum), chain);
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Kvasir.Numerics.Kernels;

/// <summary>
/// AVX-512 without VNNI: values below 64 by vpmaddubsw with 16-bit sums, 8-bit values split into even and odd 16-bit halves for vpmaddwd.
/// Both are exact.
/// </summary>
internal readonly unsafe struct BlockDot512 : IBlockDot
{
    public static bool UsesWords => true;

    public static void Run(QuantForm form, UnpackedBlock* weights, ActivationBlocks x, int row, int rows, int block, float* chains, int stride)
    {
        var groups = 8 / form.ScalesPerBlock;
        var perWord = form.GroupsPerWord;
        for (var scale = 0; scale < form.ScalesPerBlock; scale++)
        {
            var r = 0;
            for (; r + 4 <= rows; r += 4)
                Four(form, weights, scale, groups, perWord, x, ((long)(row + r) * x.Blocks) + block, chains + ((long)r * stride), stride);
            for (; r < rows; r++)
                One(form, weights, scale, groups, perWord, x, ((long)(row + r) * x.Blocks) + block, chains + ((long)r * stride));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four(QuantForm form, UnpackedBlock* weights, int scale, int groups, int perWord, ActivationBlocks x, long at, float* chains, int stride)
    {
        var values = weights->Values + (scale * groups * 128);
        Vector512<int> i00 = default, i01 = default, i10 = default, i11 = default;
        Vector512<int> i20 = default, i21 = default, i30 = default, i31 = default;
        if (perWord > 0)
        {
            var ones = Vector512.Create((short)1);
            var a0 = (int*)(x.Data + at) + (scale * groups);
            var a1 = (int*)(x.Data + at + x.Blocks) + (scale * groups);
            var a2 = (int*)(x.Data + at + (2 * x.Blocks)) + (scale * groups);
            var a3 = (int*)(x.Data + at + (3 * x.Blocks)) + (scale * groups);
            for (var first = 0; first < groups; first += perWord)
            {
                Vector512<short> s00 = default, s01 = default, s10 = default, s11 = default;
                Vector512<short> s20 = default, s21 = default, s30 = default, s31 = default;
                for (var g = first; g < first + perWord; g++)
                {
                    var w0 = Vector512.LoadAligned(values + (g * 128));
                    var w1 = Vector512.LoadAligned(values + (g * 128) + 64);
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
            var a0 = (int*)(x.Words + (at * 32)) + (2 * scale * groups);
            var a1 = a0 + (x.Blocks * 16);
            var a2 = a1 + (x.Blocks * 16);
            var a3 = a2 + (x.Blocks * 16);
            for (var g = 0; g < groups; g++)
            {
                var w0 = Vector512.LoadAligned(values + (g * 128)).AsUInt16();
                var w1 = Vector512.LoadAligned(values + (g * 128) + 64).AsUInt16();
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

        var block = x.Data + at;
        Link(form, weights, scale, i00, i01, block, chains);
        Link(form, weights, scale, i10, i11, block + x.Blocks, chains + stride);
        Link(form, weights, scale, i20, i21, block + (2 * x.Blocks), chains + (2 * stride));
        Link(form, weights, scale, i30, i31, block + (3 * x.Blocks), chains + (3 * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One(QuantForm form, UnpackedBlock* weights, int scale, int groups, int perWord, ActivationBlocks x, long at, float* chains)
    {
        var values = weights->Values + (scale * groups * 128);
        Vector512<int> i0 = default, i1 = default;
        if (perWord > 0)
        {
            var ones = Vector512.Create((short)1);
            var a = (int*)(x.Data + at) + (scale * groups);
            for (var first = 0; first < groups; first += perWord)
            {
                Vector512<short> s0 = default, s1 = default;
                for (var g = first; g < first + perWord; g++)
                {
                    var v = Vector512.Create(a[g]).AsSByte();
                    s0 += Avx512BW.MultiplyAddAdjacent(Vector512.LoadAligned(values + (g * 128)), v);
                    s1 += Avx512BW.MultiplyAddAdjacent(Vector512.LoadAligned(values + (g * 128) + 64), v);
                }

                i0 += Avx512BW.MultiplyAddAdjacent(s0, ones);
                i1 += Avx512BW.MultiplyAddAdjacent(s1, ones);
            }
        }
        else
        {
            var low = Vector512.Create((ushort)0xFF);
            var a = (int*)(x.Words + (at * 32)) + (2 * scale * groups);
            for (var g = 0; g < groups; g++)
            {
                var w0 = Vector512.LoadAligned(values + (g * 128)).AsUInt16();
                var w1 = Vector512.LoadAligned(values + (g * 128) + 64).AsUInt16();
                var even = Vector512.Create(a[2 * g]).AsInt16();
                var odd = Vector512.Create(a[(2 * g) + 1]).AsInt16();
                i0 += Avx512BW.MultiplyAddAdjacent((w0 & low).AsInt16(), even) + Avx512BW.MultiplyAddAdjacent((w0 >> 8).AsInt16(), odd);
                i1 += Avx512BW.MultiplyAddAdjacent((w1 & low).AsInt16(), even) + Avx512BW.MultiplyAddAdjacent((w1 >> 8).AsInt16(), odd);
            }
        }

        Link(form, weights, scale, i0, i1, x.Data + at, chains);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Link(
        QuantForm form, UnpackedBlock* weights, int scale, Vector512<int> left, Vector512<int> right, ActivationBlock* x, float* chains)
    {
        var correction = Vector512.Create(form.Offset * x->NegativeSum(scale, form.ScalesPerBlock));
        var factor = Vector512.Create(x->Scale);
        var scales = weights->Scales + (scale * 32);
        var first = Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(left + correction), Vector512.Load(scales) * factor, Vector512.Load(chains));
        var second = Vector512.FusedMultiplyAdd(
            Vector512.ConvertToSingle(right + correction), Vector512.Load(scales + 16) * factor, Vector512.Load(chains + 16));
        if (form.HasMinimum)
        {
            var sum = Vector512.Create(x->Scale * x->SumOf(scale, form.ScalesPerBlock));
            var minima = weights->Minima + (scale * 32);
            first = Vector512.FusedMultiplyAdd(Vector512.Load(minima), sum, first);
            second = Vector512.FusedMultiplyAdd(Vector512.Load(minima + 16), sum, second);
        }

        first.Store(chains);
        second.Store(chains + 16);
    }
}

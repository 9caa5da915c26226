using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Kvasir.Numerics.Kernels;

/// <summary>AVX2 and AVX-VNNI: one or two rows times eight columns.</summary>
internal readonly unsafe struct BlockDot256<TDot> : IBlockDot
    where TDot : struct, IByteDot
{
    public static bool UsesWords => TDot.UsesWords;

    public static void Run(QuantForm form, UnpackedBlock* weights, ActivationBlocks x, int row, int rows, int block, float* chains, int stride)
    {
        var small = form.GroupsPerWord > 0;
        var r = 0;
        for (; r + 2 <= rows; r += 2)
            Two(form, small, weights, x, ((long)(row + r) * x.Blocks) + block, chains + ((long)r * stride), stride);
        if (r < rows)
            One(form, small, weights, x, ((long)(row + r) * x.Blocks) + block, chains + ((long)r * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Two(QuantForm form, bool small, UnpackedBlock* weights, ActivationBlocks x, long at, float* chains, int stride)
    {
        var groups = 8 / form.ScalesPerBlock;
        var next = at + x.Blocks;
        for (var scale = 0; scale < form.ScalesPerBlock; scale++)
        {
            for (var column = 0; column < 32; column += 8)
            {
                Vector256<int> i0 = default, i1 = default;
                for (var g = groups * scale; g < groups * (scale + 1); g++)
                {
                    var w = Vector256.Load(weights->Values + (g * 128) + (column * 4));
                    i0 = TDot.Add(i0, w, small, x, at, g);
                    i1 = TDot.Add(i1, w, small, x, next, g);
                }

                Link(form, weights, scale, column, i0, x.Data + at, chains);
                Link(form, weights, scale, column, i1, x.Data + next, chains + stride);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One(QuantForm form, bool small, UnpackedBlock* weights, ActivationBlocks x, long at, float* chains)
    {
        var groups = 8 / form.ScalesPerBlock;
        for (var scale = 0; scale < form.ScalesPerBlock; scale++)
        {
            for (var column = 0; column < 32; column += 8)
            {
                Vector256<int> sum = default;
                for (var g = groups * scale; g < groups * (scale + 1); g++)
                    sum = TDot.Add(sum, Vector256.Load(weights->Values + (g * 128) + (column * 4)), small, x, at, g);
                Link(form, weights, scale, column, sum, x.Data + at, chains);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Link(QuantForm form, UnpackedBlock* weights, int scale, int column, Vector256<int> sum, ActivationBlock* x, float* chains)
    {
        var at = (scale * 32) + column;
        var product = sum + Vector256.Create(form.Offset * x->NegativeSum(scale, form.ScalesPerBlock));
        var chain = Vector256.FusedMultiplyAdd(
            Vector256.ConvertToSingle(product), Vector256.Load(weights->Scales + at) * Vector256.Create(x->Scale), Vector256.Load(chains + column));
        if (form.HasMinimum)
            chain = Vector256.FusedMultiplyAdd(Vector256.Load(weights->Minima + at), Vector256.Create(x->Scale * x->SumOf(scale, form.ScalesPerBlock)), chain);
        chain.Store(chains + column);
    }
}

/// <summary>Adds the products of four bytes a column to eight 32-bit sums.</summary>
internal unsafe interface IByteDot
{
    /// <summary>True when 8-bit weights meet <see cref="ActivationBlocks.Words"/>.</summary>
    static abstract bool UsesWords { get; }

    /// <param name="sum">The sums so far.</param>
    /// <param name="weights">Unsigned values of eight columns.</param>
    /// <param name="small">True when a sum of two products fits 16 bits.</param>
    /// <param name="x">Activations.</param>
    /// <param name="at">Block of the activations.</param>
    /// <param name="group">Which four k.</param>
    static abstract Vector256<int> Add(Vector256<int> sum, Vector256<byte> weights, bool small, ActivationBlocks x, long at, int group);
}

/// <summary>By vpmaddubsw and vpmaddwd.</summary>
internal readonly unsafe struct Avx2Dot : IByteDot
{
    public static bool UsesWords => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sum, Vector256<byte> weights, bool small, ActivationBlocks x, long at, int group)
    {
        if (small)
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
    public static Vector256<int> Add(Vector256<int> sum, Vector256<byte> weights, bool small, ActivationBlocks x, long at, int group) =>
        AvxVnni.MultiplyWideningAndAdd(sum, weights, Vector256.Create(((int*)x.Data[at].Values)[group]).AsSByte());
}

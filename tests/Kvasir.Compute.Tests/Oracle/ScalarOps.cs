using Kvasir.Numerics;

namespace Kvasir.Compute.Tests.Oracle;

/// <summary>
/// The numerics contract, written down as plainly as possible: these functions define the bits of every operation. They know nothing
/// of packing, lanes, tiles or threads.
/// </summary>
internal static class ScalarOps
{
    /// <summary>One output: a row of x times a stored row of weights.</summary>
    public static float Dot(DataType type, ReadOnlySpan<float> x, ReadOnlySpan<byte> weights)
    {
        float sum = 0;
        if (!type.IsQuantized)
        {
            var w = new float[x.Length];
            BlockCodec.DecodeRow(type, weights, w);
            for (int k = 0; k < x.Length; k++)
                sum = MathF.FusedMultiplyAdd(x[k], w[k], sum);
            return sum;
        }

        Span<byte> quants = stackalloc byte[32];
        Span<int> q = stackalloc int[32], levels = stackalloc int[32], scales = stackalloc int[2], minima = stackalloc int[2];
        for (int block = 0; block < x.Length / 32; block++)
        {
            float activationScale = Quantize(x.Slice(block * 32, 32), q);
            if (!type.HasSuperBlocks)
            {
                BlockCodec.UnpackBlock(type, weights.Slice(block * type.BlockBytes, type.BlockBytes), quants, out ushort scale, out ushort minimum);
                for (int k = 0; k < 32; k++)
                    levels[k] = BlockCodec.Level(type, quants[k]);
                sum = Link(sum, q, levels, BlockCodec.Scale(type, scale), activationScale);
                if (type.HasMinimum)
                    sum = MathF.FusedMultiplyAdd(Float16.ToSingle(minimum), activationScale * Sum(q), sum);
                continue;
            }

            var super = weights.Slice(block / 8 * type.BlockBytes, type.BlockBytes);
            SuperBlockCodec.ReadFactors(type, super, out ushort d, out ushort dmin);
            SuperBlockCodec.UnpackBlock(type, super, block % 8, quants, scales, minima);
            for (int k = 0; k < 32; k++)
                levels[k] = SuperBlockCodec.Level(type, quants[k]);

            // Where sixteen k have a scale of their own, a block is two links.
            int links = type is DataType.Q2_K or DataType.Q3_K or DataType.Q6_K ? 2 : 1, width = 32 / links;
            for (int link = 0; link < links; link++)
            {
                var part = q.Slice(link * width, width);
                sum = Link(sum, part, levels.Slice(link * width, width), scales[link] * Float16.ToSingle(d), activationScale);
                if (type.HasMinimum)
                    sum = MathF.FusedMultiplyAdd(0 - (minima[link] * Float16.ToSingle(dmin)), activationScale * Sum(part), sum);
            }
        }

        return sum;
    }

    private static float Link(float sum, ReadOnlySpan<int> q, ReadOnlySpan<int> levels, float scale, float activationScale)
    {
        int products = 0;
        for (int k = 0; k < q.Length; k++)
            products += q[k] * levels[k];
        return MathF.FusedMultiplyAdd(products, scale * activationScale, sum);
    }

    private static int Sum(ReadOnlySpan<int> q)
    {
        int sum = 0;
        foreach (int value in q)
            sum += value;
        return sum;
    }

    /// <summary>Quantises a block of 32 activations; returns the scale, NaN when a value is not finite.</summary>
    public static float Quantize(ReadOnlySpan<float> x, Span<int> q)
    {
        foreach (float v in x)
        {
            if (!float.IsFinite(v))
            {
                q.Clear();
                return float.NaN;
            }
        }

        float largest = 0;
        foreach (float v in x)
            largest = MathF.Abs(v) > largest ? MathF.Abs(v) : largest;
        float scale = largest / 127;
        bool usable = scale >= 1.17549435e-38f;
        for (int k = 0; k < x.Length; k++)
            q[k] = usable ? (int)MathF.Round(x[k] * (1 / scale), MidpointRounding.ToEven) : 0;
        return scale;
    }

    public static float[] RmsNorm(ReadOnlySpan<float> x, ReadOnlySpan<float> weight, float epsilon)
    {
        Span<float> lanes = stackalloc float[16];
        lanes.Clear();
        for (int i = 0; i < x.Length; i++)
            lanes[i % 16] = MathF.FusedMultiplyAdd(x[i], x[i], lanes[i % 16]);
        float factor = 1 / MathF.Sqrt((Tree(lanes) / x.Length) + epsilon);
        var y = new float[x.Length];
        for (int i = 0; i < x.Length; i++)
            y[i] = x[i] * factor * weight[i];
        return y;
    }

    public static float SiluGate(float gate, float up) => Elementary.Silu(gate) * up;

    /// <summary>Rotates pairs (i, i + half) in place.</summary>
    public static void Rotate(Span<float> head, ReadOnlySpan<float> cosSin)
    {
        int half = cosSin.Length / 2;
        for (int i = 0; i < half; i++)
        {
            float a = head[i], b = head[half + i];
            head[i] = MathF.FusedMultiplyAdd(a, cosSin[i], -(b * cosSin[half + i]));
            head[half + i] = MathF.FusedMultiplyAdd(b, cosSin[i], a * cosSin[half + i]);
        }
    }

    /// <summary>The fixed tree over sixteen lanes: halves are added until one is left.</summary>
    public static float Tree(ReadOnlySpan<float> lanes) => lanes.Length == 1
        ? lanes[0]
        : Tree(Halve(lanes));

    private static float[] Halve(ReadOnlySpan<float> lanes)
    {
        var half = new float[lanes.Length / 2];
        for (int i = 0; i < half.Length; i++)
            half[i] = lanes[i] + lanes[i + half.Length];
        return half;
    }
}

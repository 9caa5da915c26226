namespace Kvasir.Numerics;

/// <summary>Writes super-blocks by the plain rule of <see cref="SuperBlockCodec.EncodeRow"/>.</summary>
internal static class SuperBlockEncoder
{
    private const int Elements = SuperBlockCodec.Elements;
    private const int Block = SuperBlockCodec.Block;

    /// <summary>Types with a minimum: Q2_K, Q4_K, Q5_K.</summary>
    public static void Range(DataType type, ReadOnlySpan<float> x, Span<byte> to)
    {
        int top = SuperBlockCodec.Levels(type) - 1;
        int largest = SuperBlockCodec.LargestScale(type);
        int count = 8 * type.ScalesPerBlock, width = Elements / count;
        Span<float> scale = stackalloc float[16], below = stackalloc float[16];
        float largestScale = 0, largestBelow = 0;
        for (int b = 0; b < count; b++)
        {
            float low = 0, high = 0;
            foreach (float v in x.Slice(b * width, width))
            {
                low = v < low ? v : low;
                high = v > high ? v : high;
            }

            scale[b] = (high - low) / top;
            below[b] = -low;
            largestScale = scale[b] > largestScale ? scale[b] : largestScale;
            largestBelow = below[b] > largestBelow ? below[b] : largestBelow;
        }

        ushort d = Float16.FromSingle(largestScale / largest), dmin = Float16.FromSingle(largestBelow / largest);
        Span<int> scales = stackalloc int[16], minima = stackalloc int[16];
        Span<byte> quants = stackalloc byte[Elements];
        for (int b = 0; b < count; b++)
        {
            scales[b] = Level(scale[b], Float16.ToSingle(d), largest);
            minima[b] = Level(below[b], Float16.ToSingle(dmin), largest);
            float step = Float16.ToSingle(d) * scales[b], minimum = Float16.ToSingle(dmin) * minima[b];
            for (int i = b * width; i < (b + 1) * width; i++)
                quants[i] = (byte)Level(x[i] + minimum, step, top);
        }

        SuperBlockPacker.Pack(type, d, dmin, scales, minima, quants, to);
    }

    /// <summary>Types with an offset: Q3_K, Q6_K.</summary>
    public static void Signed(DataType type, ReadOnlySpan<float> x, Span<byte> to)
    {
        int offset = SuperBlockCodec.Offset(type);
        int most = SuperBlockCodec.LargestScale(type);
        Span<float> scale = stackalloc float[16];
        float largest = 0;
        for (int b = 0; b < 16; b++)
        {
            float extreme = 0;
            foreach (float v in x.Slice(b * 16, 16))
                extreme = MathF.Abs(v) > MathF.Abs(extreme) ? v : extreme;
            scale[b] = extreme / -offset;
            largest = MathF.Abs(scale[b]) > largest ? MathF.Abs(scale[b]) : largest;
        }

        ushort d = Float16.FromSingle(largest / most);
        float factor = Float16.ToSingle(d);
        Span<int> scales = stackalloc int[16];
        Span<byte> quants = stackalloc byte[Elements];
        for (int b = 0; b < 16; b++)
        {
            scales[b] = factor == 0 ? 0 : Math.Clamp((int)MathF.Round(scale[b] / factor), -most, most);
            for (int i = b * 16; i < (b + 1) * 16; i++)
            {
                quants[i] = (byte)(scales[b] == 0
                    ? offset
                    : Math.Clamp((int)MathF.Round(x[i] / (factor * scales[b])) + offset, 0, (2 * offset) - 1));
            }
        }

        SuperBlockPacker.Pack(type, d, 0, scales, default, quants, to);
    }

    /// <summary>IQ4_XS.</summary>
    public static void Table(ReadOnlySpan<float> x, Span<byte> to)
    {
        Span<float> scale = stackalloc float[8];
        float largest = 0;
        for (int b = 0; b < 8; b++)
        {
            scale[b] = TableEncoder.ScaleOf(x.Slice(b * Block, Block));
            largest = MathF.Abs(scale[b]) > largest ? MathF.Abs(scale[b]) : largest;
        }

        int most = SuperBlockCodec.LargestScale(DataType.IQ4_XS);
        ushort d = Float16.FromSingle(largest / most);
        float factor = Float16.ToSingle(d);
        Span<int> scales = stackalloc int[8];
        Span<byte> quants = stackalloc byte[Elements];
        for (int b = 0; b < 8; b++)
        {
            scales[b] = factor == 0 ? 0 : Math.Clamp((int)MathF.Round(scale[b] / factor), -most, most);
            TableEncoder.Choose(DataType.IQ4_XS, x.Slice(b * Block, Block), factor * scales[b], quants.Slice(b * Block, Block));
        }

        SuperBlockPacker.Pack(DataType.IQ4_XS, d, 0, scales, default, quants, to);
    }

    private static int Level(float value, float step, int top) =>
        step == 0 ? 0 : Math.Clamp((int)MathF.Round(value / step), 0, top);
}

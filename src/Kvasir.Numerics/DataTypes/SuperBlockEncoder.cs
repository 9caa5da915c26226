using System.Buffers.Binary;

namespace Kvasir.Numerics;

/// <summary>Writes super-blocks by the plain rule of <see cref="SuperBlockCodec.EncodeRow"/>, into bytes that are zero.</summary>
internal static class SuperBlockEncoder
{
    private const int Elements = SuperBlockCodec.Elements;
    private const int Block = SuperBlockCodec.Block;
    private const int LargestSix = 31;

    /// <summary>Types with a minimum: Q2_K, Q4_K, Q5_K.</summary>
    public static void Range(DataType type, ReadOnlySpan<float> x, Span<byte> to)
    {
        int top = type switch { DataType.Q5_K => 31, DataType.Q4_K => 15, _ => 3 };
        int largest = type == DataType.Q2_K ? 15 : 63;
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
        int factors = SuperBlockCodec.FactorOffset(type);
        BinaryPrimitives.WriteUInt16LittleEndian(to[factors..], d);
        BinaryPrimitives.WriteUInt16LittleEndian(to[(factors + 2)..], dmin);
        for (int b = 0; b < count; b++)
        {
            int s = Level(scale[b], Float16.ToSingle(d), largest), m = Level(below[b], Float16.ToSingle(dmin), largest);
            if (type == DataType.Q2_K)
                to[b] = (byte)(s | (m << 4));
            else
                PutSixBits(to.Slice(SuperBlockCodec.ScaleOffset, 12), b, s, m);
            float step = Float16.ToSingle(d) * s, minimum = Float16.ToSingle(dmin) * m;
            for (int i = b * width; i < (b + 1) * width; i++)
                Put(type, to, i, Level(x[i] + minimum, step, top));
        }
    }

    /// <summary>Types with an offset: Q3_K, Q6_K.</summary>
    public static void Signed(DataType type, ReadOnlySpan<float> x, Span<byte> to)
    {
        int offset = SuperBlockCodec.Offset(type);
        int most = type == DataType.Q6_K ? 127 : LargestSix;
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
        BinaryPrimitives.WriteUInt16LittleEndian(to[SuperBlockCodec.FactorOffset(type)..], d);
        for (int b = 0; b < 16; b++)
        {
            int s = factor == 0 ? 0 : Math.Clamp((int)MathF.Round(scale[b] / factor), -most, most);
            if (type == DataType.Q6_K)
                to[SuperBlockCodec.ScaleOffset6 + b] = (byte)s;
            else
                PutSixBits(to.Slice(SuperBlockCodec.ScaleOffset3, 12), b, s + 32);
            for (int i = b * 16; i < (b + 1) * 16; i++)
            {
                int q = s == 0 || factor == 0
                    ? offset
                    : Math.Clamp((int)MathF.Round(x[i] / (factor * s)) + offset, 0, (2 * offset) - 1);
                Put(type, to, i, q);
            }
        }
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

        ushort d = Float16.FromSingle(largest / LargestSix);
        float factor = Float16.ToSingle(d);
        BinaryPrimitives.WriteUInt16LittleEndian(to, d);
        Span<byte> quants = stackalloc byte[Block];
        int high = 0;
        for (int b = 0; b < 8; b++)
        {
            int s = factor == 0 ? 0 : Math.Clamp((int)MathF.Round(scale[b] / factor), -LargestSix, LargestSix);
            to[SuperBlockCodec.ScaleOffset + (b / 2)] |= (byte)(((s + 32) & 15) << (4 * (b % 2)));
            high |= (s + 32) >> 4 << (2 * b);
            TableEncoder.Choose(DataType.IQ4_XS, x.Slice(b * Block, Block), factor * s, quants);
            for (int i = 0; i < Block; i++)
                to[SuperBlockCodec.ValueOffsetXs + (16 * b) + (i % 16)] |= (byte)(quants[i] << (4 * (i / 16)));
        }

        BinaryPrimitives.WriteUInt16LittleEndian(to[2..], (ushort)high);
    }

    /// <summary>Writes one of the 256 values.</summary>
    private static void Put(DataType type, Span<byte> to, int element, int q)
    {
        int block = element / Block, i = element % Block;
        int half = block / 4, quarter = block % 4;
        switch (type)
        {
            case DataType.Q2_K:
                to[SuperBlockCodec.ValueOffset2 + (half * Block) + i] |= (byte)(q << (2 * quarter));
                break;
            case DataType.Q3_K:
                to[SuperBlockCodec.ValueOffset3 + (half * Block) + i] |= (byte)((q & 3) << (2 * quarter));
                to[i] |= (byte)(q >> 2 << block);
                break;
            case DataType.Q6_K:
                to[(64 * half) + (32 * (quarter % 2)) + i] |= (byte)((q & 15) << (4 * (quarter / 2)));
                to[SuperBlockCodec.HighOffset6 + (32 * half) + i] |= (byte)(q >> 4 << (2 * quarter));
                break;
            default:
                int nibbles = type == DataType.Q5_K ? SuperBlockCodec.HighOffset5 + Block : 16;
                to[nibbles + (block / 2 * Block) + i] |= (byte)((q & 15) << (4 * (block % 2)));
                if (type == DataType.Q5_K)
                    to[SuperBlockCodec.HighOffset5 + i] |= (byte)(q >> 4 << block);
                break;
        }
    }

    private static void PutSixBits(Span<byte> packed, int block, int scale, int minimum)
    {
        if (block < 4)
        {
            packed[block] |= (byte)scale;
            packed[block + 4] |= (byte)minimum;
        }
        else
        {
            packed[block + 4] |= (byte)((scale & 15) | ((minimum & 15) << 4));
            packed[block - 4] |= (byte)(scale >> 4 << 6);
            packed[block] |= (byte)(minimum >> 4 << 6);
        }
    }

    private static void PutSixBits(Span<byte> packed, int index, int scale)
    {
        packed[index % 8] |= (byte)((scale & 15) << (4 * (index / 8)));
        packed[8 + (index % 4)] |= (byte)(scale >> 4 << (2 * (index / 4)));
    }

    private static int Level(float value, float step, int top) =>
        step == 0 ? 0 : Math.Clamp((int)MathF.Round(value / step), 0, top);
}

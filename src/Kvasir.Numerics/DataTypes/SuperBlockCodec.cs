using System.Buffers.Binary;

namespace Kvasir.Numerics;

/// <summary>
/// The scalar reference for GGUF's formats with super-blocks of 256 (the layouts of llama.cpp's ggml-common.h): eight blocks of 32 whose
/// scales are small integers times a binary16 of the super-block.
/// </summary>
/// <remarks>
/// A value is <c>d * scale * q - dmin * minimum</c> for Q4_K and Q5_K, with six bits for scales and minima, and
/// <c>d * scale * (q - 32)</c> for Q6_K, whose scales are signed bytes of sixteen elements each.
/// </remarks>
public static class SuperBlockCodec
{
    /// <summary>Elements of a super-block.</summary>
    public const int Elements = 256;

    private const int Block = BlockCodec.Block;
    private const int ScaleOffset = 4;
    private const int HighOffset5 = 16;
    private const int HighOffset6 = 128;
    private const int ScaleOffset6 = 192;
    private const int FactorOffset6 = 208;

    /// <summary>Reads the super-block's two binary16 factors; the second is 0 where the type has none.</summary>
    public static void ReadFactors(DataType type, ReadOnlySpan<byte> source, out ushort d, out ushort dmin)
    {
        d = BinaryPrimitives.ReadUInt16LittleEndian(source[(type == DataType.Q6_K ? FactorOffset6 : 0)..]);
        dmin = type.HasMinimum ? BinaryPrimitives.ReadUInt16LittleEndian(source[2..]) : (ushort)0;
    }

    /// <summary>Reads one of the eight blocks of a super-block.</summary>
    /// <param name="type">A type with super-blocks.</param>
    /// <param name="source">The super-block.</param>
    /// <param name="block">0 to 7.</param>
    /// <param name="quants">Receives 32 unsigned values.</param>
    /// <param name="scales">Receives the block's scale; for Q6_K two, signed, of sixteen elements each.</param>
    /// <param name="minimum">The block's minimum; 0 where the type has none.</param>
    public static void UnpackBlock(DataType type, ReadOnlySpan<byte> source, int block, Span<byte> quants, Span<int> scales, out int minimum)
    {
        minimum = 0;
        switch (type)
        {
            case DataType.Q4_K:
                Nibbles(source[16..], block, quants);
                break;
            case DataType.Q5_K:
                Nibbles(source[(HighOffset5 + Block)..], block, quants);
                for (int i = 0; i < Block; i++)
                    quants[i] |= (byte)(((source[HighOffset5 + i] >> block) & 1) << 4);
                break;
            case DataType.Q6_K:
                int half = block / 4, quarter = block % 4;
                for (int i = 0; i < Block; i++)
                {
                    int low = source[(64 * half) + (32 * (quarter % 2)) + i] >> (4 * (quarter / 2)) & 15;
                    quants[i] = (byte)(low | ((source[HighOffset6 + (32 * half) + i] >> (2 * quarter) & 3) << 4));
                }

                scales[0] = (sbyte)source[ScaleOffset6 + (2 * block)];
                scales[1] = (sbyte)source[ScaleOffset6 + (2 * block) + 1];
                return;
            default:
                throw NoSuperBlocks(type);
        }

        var packed = source.Slice(ScaleOffset, 12);
        if (block < 4)
        {
            scales[0] = packed[block] & 63;
            minimum = packed[block + 4] & 63;
        }
        else
        {
            scales[0] = (packed[block + 4] & 15) | (packed[block - 4] >> 6 << 4);
            minimum = (packed[block + 4] >> 4) | (packed[block] >> 6 << 4);
        }
    }

    /// <summary>Decodes whole super-blocks.</summary>
    public static void DecodeRow(DataType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        Span<byte> quants = stackalloc byte[Block];
        Span<int> scales = stackalloc int[2];
        for (int b = 0; b < destination.Length / Block; b++)
        {
            var super = source.Slice(b / 8 * type.BlockBytes, type.BlockBytes);
            ReadFactors(type, super, out ushort d, out ushort dmin);
            UnpackBlock(type, super, b % 8, quants, scales, out int minimum);
            for (int i = 0; i < Block; i++)
            {
                destination[(b * Block) + i] = type == DataType.Q6_K
                    ? Float16.ToSingle(d) * scales[i / 16] * (quants[i] - 32)
                    : (Float16.ToSingle(d) * scales[0] * quants[i]) - (Float16.ToSingle(dmin) * minimum);
            }
        }
    }

    /// <summary>
    /// Encodes whole super-blocks by the plain rule: a block's range (or its extreme value) sets its scale, the largest scale of the
    /// super-block sets the factor, every value goes to the nearest level.
    /// </summary>
    public static void EncodeRow(DataType type, ReadOnlySpan<float> source, Span<byte> destination)
    {
        for (int s = 0; s < source.Length / Elements; s++)
        {
            var x = source.Slice(s * Elements, Elements);
            var to = destination.Slice(s * type.BlockBytes, type.BlockBytes);
            to.Clear();
            if (type == DataType.Q6_K)
                EncodeSigned(x, to);
            else
                EncodeRange(type, x, to);
        }
    }

    private static void Nibbles(ReadOnlySpan<byte> source, int block, Span<byte> quants)
    {
        for (int i = 0; i < Block; i++)
            quants[i] = (byte)(source[(block / 2 * Block) + i] >> (4 * (block % 2)) & 15);
    }

    private static void EncodeRange(DataType type, ReadOnlySpan<float> x, Span<byte> to)
    {
        int top = type == DataType.Q5_K ? 31 : 15;
        Span<float> scale = stackalloc float[8], below = stackalloc float[8];
        float largestScale = 0, largestBelow = 0;
        for (int b = 0; b < 8; b++)
        {
            float low = 0, high = 0;
            foreach (float v in x.Slice(b * Block, Block))
            {
                low = v < low ? v : low;
                high = v > high ? v : high;
            }

            scale[b] = (high - low) / top;
            below[b] = -low;
            largestScale = scale[b] > largestScale ? scale[b] : largestScale;
            largestBelow = below[b] > largestBelow ? below[b] : largestBelow;
        }

        ushort d = Float16.FromSingle(largestScale / 63), dmin = Float16.FromSingle(largestBelow / 63);
        BinaryPrimitives.WriteUInt16LittleEndian(to, d);
        BinaryPrimitives.WriteUInt16LittleEndian(to[2..], dmin);
        for (int b = 0; b < 8; b++)
        {
            int s = Level(scale[b], Float16.ToSingle(d), 63), m = Level(below[b], Float16.ToSingle(dmin), 63);
            var packed = to.Slice(ScaleOffset, 12);
            if (b < 4)
            {
                packed[b] |= (byte)s;
                packed[b + 4] |= (byte)m;
            }
            else
            {
                packed[b + 4] |= (byte)((s & 15) | ((m & 15) << 4));
                packed[b - 4] |= (byte)(s >> 4 << 6);
                packed[b] |= (byte)(m >> 4 << 6);
            }

            float step = Float16.ToSingle(d) * s, minimum = Float16.ToSingle(dmin) * m;
            for (int i = 0; i < Block; i++)
            {
                int q = Level(x[(b * Block) + i] + minimum, step, top);
                int nibbles = type == DataType.Q5_K ? HighOffset5 + Block : 16;
                to[nibbles + (b / 2 * Block) + i] |= (byte)((q & 15) << (4 * (b % 2)));
                if (type == DataType.Q5_K)
                    to[HighOffset5 + i] |= (byte)(q >> 4 << b);
            }
        }
    }

    private static void EncodeSigned(ReadOnlySpan<float> x, Span<byte> to)
    {
        Span<float> scale = stackalloc float[16];
        float largest = 0;
        for (int b = 0; b < 16; b++)
        {
            float extreme = 0;
            foreach (float v in x.Slice(b * 16, 16))
                extreme = MathF.Abs(v) > MathF.Abs(extreme) ? v : extreme;
            scale[b] = extreme / -32;
            largest = MathF.Abs(scale[b]) > largest ? MathF.Abs(scale[b]) : largest;
        }

        ushort d = Float16.FromSingle(largest / 127);
        float factor = Float16.ToSingle(d);
        BinaryPrimitives.WriteUInt16LittleEndian(to[FactorOffset6..], d);
        for (int b = 0; b < 16; b++)
        {
            int s = factor == 0 ? 0 : Math.Clamp((int)MathF.Round(scale[b] / factor), -127, 127);
            to[ScaleOffset6 + b] = (byte)s;
            for (int i = 0; i < 16; i++)
            {
                float v = x[(b * 16) + i];
                int q = s == 0 || factor == 0 ? 32 : Math.Clamp((int)MathF.Round(v / (factor * s)) + 32, 0, 63);
                int half = b / 8, quarter = b / 2 % 4, at = (b % 2 * 16) + i;
                to[(64 * half) + (32 * (quarter % 2)) + at] |= (byte)((q & 15) << (4 * (quarter / 2)));
                to[HighOffset6 + (32 * half) + at] |= (byte)(q >> 4 << (2 * quarter));
            }
        }
    }

    private static int Level(float value, float step, int top) =>
        step == 0 ? 0 : Math.Clamp((int)MathF.Round(value / step), 0, top);

    private static ArgumentException NoSuperBlocks(DataType type) => new($"{type.Name} has no super-blocks");
}

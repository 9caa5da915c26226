using System.Buffers.Binary;

namespace Kvasir.Numerics;

/// <summary>
/// The scalar reference for GGUF's formats with super-blocks of 256 (the layouts of llama.cpp's ggml-common.h): eight blocks of 32 whose
/// scales are small integers times a binary16 of the super-block.
/// </summary>
/// <remarks>
/// A value is <c>d * scale * q - dmin * minimum</c> for Q4_K and Q5_K, with six bits for scales and minima, and for Q2_K, with four bits for
/// each sixteen elements; <c>d * scale * (q - 32)</c> for Q6_K, whose scales are signed bytes of sixteen elements each;
/// <c>d * scale * (q - 4)</c> for Q3_K, with six bits for each sixteen elements, and <c>d * scale * LevelTable[q]</c> for IQ4_XS, with six
/// bits, both stored 32 too high.
/// </remarks>
public static class SuperBlockCodec
{
    /// <summary>Elements of a super-block.</summary>
    public const int Elements = 256;

    internal const int Block = BlockCodec.Block;
    internal const int ScaleOffset = 4;
    internal const int HighOffset5 = 16;
    internal const int HighOffset6 = 128;
    internal const int ScaleOffset6 = 192;
    internal const int ValueOffset2 = 16;
    internal const int ValueOffset3 = 32;
    internal const int ScaleOffset3 = 96;
    internal const int ValueOffsetXs = 8;

    /// <summary>Where the binary16 factor stands.</summary>
    public static int FactorOffset(DataType type) => type switch
    {
        DataType.Q2_K => 80,
        DataType.Q3_K => 108,
        DataType.Q6_K => 208,
        _ => 0,
    };

    /// <summary>What is subtracted from the unsigned q, for types without a table.</summary>
    public static int Offset(DataType type) => type switch
    {
        DataType.Q3_K => 4,
        DataType.Q6_K => 32,
        _ => 0,
    };

    /// <summary>The number of values that q may take.</summary>
    public static int Levels(DataType type) => type switch
    {
        DataType.Q2_K => 4,
        DataType.Q3_K => 8,
        DataType.Q5_K => 32,
        DataType.Q6_K => 64,
        _ => 16,
    };

    /// <summary>The largest integer that a block's scale (and minimum) may take; its negative too, for types without a minimum.</summary>
    public static int LargestScale(DataType type) => type switch
    {
        DataType.Q2_K => 15,
        DataType.Q3_K or DataType.IQ4_XS => 31,
        DataType.Q6_K => 127,
        _ => 63,
    };

    /// <summary>The integer that an unsigned q stands for.</summary>
    public static int Level(DataType type, byte quant) => type.HasTable ? LevelTable.Of(type)[quant] : quant - Offset(type);

    /// <summary>Reads the super-block's two binary16 factors; the second is 0 where the type has none.</summary>
    public static void ReadFactors(DataType type, ReadOnlySpan<byte> source, out ushort d, out ushort dmin)
    {
        int at = FactorOffset(type);
        d = BinaryPrimitives.ReadUInt16LittleEndian(source[at..]);
        dmin = type.HasMinimum ? BinaryPrimitives.ReadUInt16LittleEndian(source[(at + 2)..]) : (ushort)0;
    }

    /// <summary>Reads one of the eight blocks of a super-block.</summary>
    /// <param name="type">A type with super-blocks.</param>
    /// <param name="source">The super-block.</param>
    /// <param name="block">0 to 7.</param>
    /// <param name="quants">Receives 32 unsigned values.</param>
    /// <param name="scales">
    /// Receives the block's scale; two, of sixteen elements each, where <c>type.ScalesPerBlock</c> is 2. Signed for types without a minimum.
    /// </param>
    /// <param name="minima">Receives as many minima; 0 where the type has none.</param>
    public static void UnpackBlock(
        DataType type, ReadOnlySpan<byte> source, int block, Span<byte> quants, Span<int> scales, Span<int> minima)
    {
        minima.Clear();
        switch (type)
        {
            case DataType.Q2_K:
                Pairs(source[ValueOffset2..], block, quants);
                for (int s = 0; s < 2; s++)
                {
                    scales[s] = source[(2 * block) + s] & 15;
                    minima[s] = source[(2 * block) + s] >> 4;
                }

                break;
            case DataType.Q3_K:
                Pairs(source[ValueOffset3..], block, quants);
                for (int i = 0; i < Block; i++)
                    quants[i] |= (byte)(((source[i] >> block) & 1) << 2);
                for (int s = 0; s < 2; s++)
                    scales[s] = SixBits(source.Slice(ScaleOffset3, 12), (2 * block) + s) - 32;
                break;
            case DataType.Q4_K:
                Nibbles(source[16..], block, quants);
                SixBits(source.Slice(ScaleOffset, 12), block, out scales[0], out minima[0]);
                break;
            case DataType.Q5_K:
                Nibbles(source[(HighOffset5 + Block)..], block, quants);
                for (int i = 0; i < Block; i++)
                    quants[i] |= (byte)(((source[HighOffset5 + i] >> block) & 1) << 4);
                SixBits(source.Slice(ScaleOffset, 12), block, out scales[0], out minima[0]);
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
                break;
            case DataType.IQ4_XS:
                for (int i = 0; i < Block; i++)
                    quants[i] = (byte)(source[ValueOffsetXs + (16 * block) + (i % 16)] >> (4 * (i / 16)) & 15);
                int high = BinaryPrimitives.ReadUInt16LittleEndian(source[2..]) >> (2 * block) & 3;
                scales[0] = ((source[ScaleOffset + (block / 2)] >> (4 * (block % 2)) & 15) | (high << 4)) - 32;
                break;
            default:
                throw new ArgumentException($"{type.Name} has no super-blocks");
        }
    }

    /// <summary>Decodes whole super-blocks.</summary>
    public static void DecodeRow(DataType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        Span<byte> quants = stackalloc byte[Block];
        Span<int> scales = stackalloc int[2], minima = stackalloc int[2];
        int width = Block / type.ScalesPerBlock;
        for (int b = 0; b < destination.Length / Block; b++)
        {
            var super = source.Slice(b / 8 * type.BlockBytes, type.BlockBytes);
            ReadFactors(type, super, out ushort dBits, out ushort dminBits);
            float d = Float16.ToSingle(dBits), dmin = Float16.ToSingle(dminBits);
            UnpackBlock(type, super, b % 8, quants, scales, minima);
            for (int i = 0; i < Block; i++)
            {
                float value = d * scales[i / width] * Level(type, quants[i]);
                destination[(b * Block) + i] = type.HasMinimum ? value - (dmin * minima[i / width]) : value;
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
            if (type.HasMinimum)
                SuperBlockEncoder.Range(type, x, to);
            else if (type.HasTable)
                SuperBlockEncoder.Table(x, to);
            else
                SuperBlockEncoder.Signed(type, x, to);
        }
    }

    private static void Nibbles(ReadOnlySpan<byte> source, int block, Span<byte> quants)
    {
        for (int i = 0; i < Block; i++)
            quants[i] = (byte)(source[(block / 2 * Block) + i] >> (4 * (block % 2)) & 15);
    }

    private static void Pairs(ReadOnlySpan<byte> source, int block, Span<byte> quants)
    {
        for (int i = 0; i < Block; i++)
            quants[i] = (byte)(source[(block / 4 * Block) + i] >> (2 * (block % 4)) & 3);
    }

    /// <summary>Scale and minimum of one of eight blocks: twelve bytes.</summary>
    private static void SixBits(ReadOnlySpan<byte> packed, int block, out int scale, out int minimum)
    {
        if (block < 4)
        {
            scale = packed[block] & 63;
            minimum = packed[block + 4] & 63;
        }
        else
        {
            scale = (packed[block + 4] & 15) | (packed[block - 4] >> 6 << 4);
            minimum = (packed[block + 4] >> 4) | (packed[block] >> 6 << 4);
        }
    }

    /// <summary>One of Q3_K's sixteen scales: four low bits in eight bytes, two high bits in four.</summary>
    private static int SixBits(ReadOnlySpan<byte> packed, int index) =>
        (packed[index % 8] >> (4 * (index / 8)) & 15) | ((packed[8 + (index % 4)] >> (2 * (index / 4)) & 3) << 4);
}

using System.Buffers.Binary;

namespace Kvasir.Numerics;

/// <summary>Lays numbers out as a super-block: the inverse of <see cref="SuperBlockCodec.UnpackBlock"/>.</summary>
public static class SuperBlockPacker
{
    private const int ScaleBias = 32; // Q3_K and IQ4_XS store their signed scales so much too high

    /// <summary>Writes a super-block.</summary>
    /// <param name="type">A type with super-blocks.</param>
    /// <param name="d">Binary16 factor of the scales.</param>
    /// <param name="dmin">Binary16 factor of the minima; ignored where the type has none.</param>
    /// <param name="scales">One for each 32 elements, or each sixteen where <c>type.ScalesPerBlock</c> is 2.</param>
    /// <param name="minima">As many minima; ignored where the type has none.</param>
    /// <param name="quants">256 unsigned values.</param>
    /// <param name="destination">Receives <c>type.BlockBytes</c>.</param>
    public static void Pack(
        DataType type, ushort d, ushort dmin, ReadOnlySpan<int> scales, ReadOnlySpan<int> minima, ReadOnlySpan<byte> quants, Span<byte> destination)
    {
        destination[..type.BlockBytes].Clear();
        int at = SuperBlockCodec.FactorOffset(type);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[at..], d);
        if (type.HasMinimum)
            BinaryPrimitives.WriteUInt16LittleEndian(destination[(at + 2)..], dmin);
        for (int s = 0; s < 8 * type.ScalesPerBlock; s++)
            PutScale(type, destination, s, scales[s], type.HasMinimum ? minima[s] : 0);
        for (int i = 0; i < SuperBlockCodec.Elements; i++)
            PutValue(type, destination, i, quants[i]);
    }

    private static void PutScale(DataType type, Span<byte> to, int index, int scale, int minimum)
    {
        switch (type)
        {
            case DataType.Q2_K:
                to[index] = (byte)(scale | (minimum << 4));
                break;
            case DataType.Q3_K:
                var packed = to.Slice(SuperBlockCodec.ScaleOffset3, 12);
                packed[index % 8] |= (byte)(((scale + ScaleBias) & 15) << (4 * (index / 8)));
                packed[8 + (index % 4)] |= (byte)((scale + ScaleBias) >> 4 << (2 * (index / 4)));
                break;
            case DataType.Q6_K:
                to[SuperBlockCodec.ScaleOffset6 + index] = (byte)scale;
                break;
            case DataType.IQ4_XS:
                to[SuperBlockCodec.ScaleOffset + (index / 2)] |= (byte)(((scale + ScaleBias) & 15) << (4 * (index % 2)));
                to[2 + (index / 4)] |= (byte)((scale + ScaleBias) >> 4 << (2 * (index % 4)));
                break;
            default:
                PutSixBits(to.Slice(SuperBlockCodec.ScaleOffset, 12), index, scale, minimum);
                break;
        }
    }

    private static void PutValue(DataType type, Span<byte> to, int element, int q)
    {
        int block = element / SuperBlockCodec.Block, i = element % SuperBlockCodec.Block;
        int half = block / 4, quarter = block % 4;
        switch (type)
        {
            case DataType.Q2_K:
                to[SuperBlockCodec.ValueOffset2 + (half * SuperBlockCodec.Block) + i] |= (byte)(q << (2 * quarter));
                break;
            case DataType.Q3_K:
                to[SuperBlockCodec.ValueOffset3 + (half * SuperBlockCodec.Block) + i] |= (byte)((q & 3) << (2 * quarter));
                to[i] |= (byte)(q >> 2 << block);
                break;
            case DataType.Q6_K:
                to[(64 * half) + (32 * (quarter % 2)) + i] |= (byte)((q & 15) << (4 * (quarter / 2)));
                to[SuperBlockCodec.HighOffset6 + (32 * half) + i] |= (byte)(q >> 4 << (2 * quarter));
                break;
            case DataType.IQ4_XS:
                to[SuperBlockCodec.ValueOffsetXs + (16 * block) + (i % 16)] |= (byte)(q << (4 * (i / 16)));
                break;
            default:
                int nibbles = type == DataType.Q5_K ? SuperBlockCodec.HighOffset5 + SuperBlockCodec.Block : 16;
                to[nibbles + (block / 2 * SuperBlockCodec.Block) + i] |= (byte)((q & 15) << (4 * (block % 2)));
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
}

namespace Kvasir.Numerics.Tests.DataTypes;

/// <summary>A second decoder of the formats with few bits and with tables, which reads a block as one number and shifts it down.</summary>
internal static class PlainDecoder
{
    private static readonly float[] Curve = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    private static readonly float[] Halves = [0, 0.5f, 1, 1.5f, 2, 3, 4, 6];

    /// <summary>A block of 32 of IQ4_NL or MXFP4.</summary>
    public static float[] Block(DataType type, ReadOnlySpan<byte> block)
    {
        var y = new float[32];
        bool power = type == DataType.MXFP4;
        var values = block[(power ? 1 : 2)..];
        for (int i = 0; i < 32; i++)
        {
            int q = i < 16 ? values[i] % 16 : values[i - 16] / 16;
            if (power)
                y[i] = (float)((q < 8 ? 1 : -1) * (double)Halves[q % 8] * Math.Pow(2, block[0] - 127));
            else
                y[i] = (float)BitConverter.ToHalf(block) * Curve[q];
        }

        return y;
    }

    /// <summary>A super-block of Q2_K, Q3_K or IQ4_XS.</summary>
    public static float[] SuperBlock(DataType type, ReadOnlySpan<byte> block)
    {
        var y = new float[256];
        for (int i = 0; i < 256; i++)
        {
            int sixteen = i / 16, thirtyTwo = i / 32;
            switch (type)
            {
                case DataType.Q2_K:
                    float scale = (float)BitConverter.ToHalf(block[80..]) * (block[sixteen] % 16);
                    float minimum = (float)BitConverter.ToHalf(block[82..]) * (block[sixteen] / 16);
                    y[i] = (scale * TwoBits(block[16..], i)) - minimum;
                    break;
                case DataType.Q3_K:
                    bool set = (block[i % 32] & (1 << thirtyTwo)) != 0;
                    y[i] = (float)BitConverter.ToHalf(block[108..]) * Scale3(block.Slice(96, 12), sixteen)
                        * (TwoBits(block[32..], i) - (set ? 0 : 4));
                    break;
                default:
                    UInt128 low = BitConverter.ToUInt32(block[4..]), high = BitConverter.ToUInt16(block[2..]);
                    int bits = (int)(low >> (4 * thirtyTwo) & 15) + (16 * (int)(high >> (2 * thirtyTwo) & 3));
                    byte pair = block[8 + (16 * thirtyTwo) + (i % 16)];
                    y[i] = (float)BitConverter.ToHalf(block) * (bits - 32) * Curve[i % 32 < 16 ? pair % 16 : pair / 16];
                    break;
            }
        }

        return y;
    }

    // 128 elements share 32 bytes: four groups of 32, from the low bits up.
    private static int TwoBits(ReadOnlySpan<byte> values, int i) => values[(i / 128 * 32) + (i % 32)] / (1 << (2 * (i / 32 % 4))) % 4;

    // Words of four bytes, as the format's own reader rearranges them.
    private static int Scale3(ReadOnlySpan<byte> packed, int index)
    {
        uint a = BitConverter.ToUInt32(packed), b = BitConverter.ToUInt32(packed[4..]), high = BitConverter.ToUInt32(packed[8..]);
        uint word = (index / 4) switch
        {
            0 => (a & 0x0F0F0F0F) | ((high & 0x03030303) << 4),
            1 => (b & 0x0F0F0F0F) | ((high >> 2 & 0x03030303) << 4),
            2 => (a >> 4 & 0x0F0F0F0F) | ((high >> 4 & 0x03030303) << 4),
            _ => (b >> 4 & 0x0F0F0F0F) | ((high >> 6 & 0x03030303) << 4),
        };
        return (int)(word >> (8 * (index % 4)) & 63) - 32;
    }
}

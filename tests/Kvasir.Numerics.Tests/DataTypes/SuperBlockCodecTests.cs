namespace Kvasir.Numerics.Tests.DataTypes;

/// <summary>Beside a second decoder, written along the order in which the format lays its bytes.</summary>
public class SuperBlockCodecTests
{
    public static TheoryData<DataType> Types => [DataType.Q2_K, DataType.Q3_K, DataType.Q4_K, DataType.Q5_K, DataType.Q6_K, DataType.IQ4_XS];

    [Theory]
    [MemberData(nameof(Types))]
    public void RandomBytes_DecodeAsTheFormatSays(DataType type)
    {
        var random = new Random(3);
        var bytes = new byte[2 * type.BlockBytes];
        for (int round = 0; round < 50; round++)
        {
            random.NextBytes(bytes);
            for (int s = 0; s < 2; s++)
            {
                // Factors that are ordinary numbers.
                int[] factors = type switch
                {
                    DataType.Q2_K => [80, 82],
                    DataType.Q3_K => [108],
                    DataType.Q6_K => [208],
                    DataType.IQ4_XS => [0],
                    _ => [0, 2],
                };
                foreach (int at in factors)
                    BitConverter.TryWriteBytes(bytes.AsSpan((s * type.BlockBytes) + at), (Half)(random.NextSingle() - 0.3f));
            }

            var values = new float[512];
            BlockCodec.DecodeRow(type, bytes, values);
            for (int s = 0; s < 2; s++)
            {
                var expected = Plain(type, bytes.AsSpan(s * type.BlockBytes, type.BlockBytes));
                Assert.Equal(expected, values.AsSpan(s * 256, 256).ToArray());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void EncodedRows_DecodeWithinAStep(DataType type)
    {
        var random = new Random(5);
        var row = new float[512];
        for (int i = 0; i < row.Length; i++)
            row[i] = (random.NextSingle() - 0.4f) * (1 + (i / 32 % 5));
        var bytes = new byte[type.RowBytes(row.Length)];
        var back = new float[row.Length];
        BlockCodec.EncodeRow(type, row, bytes);
        BlockCodec.DecodeRow(type, bytes, back);
        for (int block = 0; block < row.Length / 32; block++)
        {
            // Half a step of the block, and what rounding scale and minimum to their few bits of the largest adds.
            float width = 1 + (block % 5);
            float steps = type switch
            {
                DataType.Q2_K => 3,
                DataType.Q3_K => 6,
                DataType.Q4_K => 15,
                DataType.Q5_K => 31,
                DataType.IQ4_XS => 7,
                _ => 63,
            };
            float rounding = type switch { DataType.Q6_K => 0.3f, DataType.Q2_K => 5, _ => 1 };
            float tolerance = (width / steps * 0.6f) + (5f / 63 * 0.6f * rounding);
            for (int i = 0; i < 32; i++)
                Assert.InRange(back[(block * 32) + i], row[(block * 32) + i] - tolerance, row[(block * 32) + i] + tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Zeros_StayZeros(DataType type)
    {
        var bytes = new byte[type.RowBytes(256)];
        var back = new float[256];
        BlockCodec.EncodeRow(type, new float[256], bytes);
        BlockCodec.DecodeRow(type, bytes, back);
        Assert.All(back, value => Assert.Equal(0f, value));
        Assert.Throws<ArgumentException>(() => BlockCodec.EncodeRow(type, new float[128], bytes));
    }

    private static float[] Plain(DataType type, ReadOnlySpan<byte> block)
    {
        if (type is DataType.Q2_K or DataType.Q3_K or DataType.IQ4_XS)
            return PlainDecoder.SuperBlock(type, block);
        var y = new List<float>();
        if (type == DataType.Q6_K)
        {
            float d = (float)BitConverter.ToHalf(block[208..]);
            var y6 = new float[256];
            for (int n = 0; n < 256; n += 128)
            {
                var low = block[(n / 2)..];
                var high = block[(128 + (n / 4))..];
                var scales = block[(192 + (n / 16))..];
                for (int l = 0; l < 32; l++)
                {
                    y6[n + l] = d * (sbyte)scales[l / 16] * (((low[l] & 15) | ((high[l] & 3) << 4)) - 32);
                    y6[n + l + 32] = d * (sbyte)scales[(l / 16) + 2] * (((low[l + 32] & 15) | (((high[l] >> 2) & 3) << 4)) - 32);
                    y6[n + l + 64] = d * (sbyte)scales[(l / 16) + 4] * (((low[l] >> 4) | (((high[l] >> 4) & 3) << 4)) - 32);
                    y6[n + l + 96] = d * (sbyte)scales[(l / 16) + 6] * (((low[l + 32] >> 4) | (((high[l] >> 6) & 3) << 4)) - 32);
                }
            }

            return y6;
        }

        float factor = (float)BitConverter.ToHalf(block), below = (float)BitConverter.ToHalf(block[2..]);
        var six = block.Slice(4, 12);
        bool five = type == DataType.Q5_K;
        for (int pair = 0; pair < 4; pair++)
        {
            var nibbles = block[((five ? 48 : 16) + (32 * pair))..];
            for (int upper = 0; upper < 2; upper++)
            {
                int b = (2 * pair) + upper;
                int scale = b < 4 ? six[b] & 63 : (six[b + 4] & 15) + ((six[b - 4] & 192) >> 2);
                int minimum = b < 4 ? six[b + 4] & 63 : (six[b + 4] >> 4) + ((six[b] & 192) >> 2);
                for (int l = 0; l < 32; l++)
                {
                    int q = upper == 0 ? nibbles[l] & 15 : nibbles[l] >> 4;
                    if (five && (block[16 + l] & (1 << b)) != 0)
                        q += 16;
                    y.Add((factor * scale * q) - (below * minimum));
                }
            }
        }

        return [.. y];
    }
}

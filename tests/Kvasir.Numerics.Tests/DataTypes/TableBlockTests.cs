namespace Kvasir.Numerics.Tests.DataTypes;

public class TableBlockTests
{
    public static TheoryData<DataType> Types => [DataType.IQ4_NL, DataType.MXFP4];

    [Theory]
    [MemberData(nameof(Types))]
    public void RandomBytes_DecodeAsTheFormatSays(DataType type)
    {
        var random = new Random(3);
        var bytes = new byte[4 * type.BlockBytes];
        for (int round = 0; round < 200; round++)
        {
            random.NextBytes(bytes);
            for (int b = 0; b < 4 && type == DataType.IQ4_NL; b++)
                BitConverter.TryWriteBytes(bytes.AsSpan(b * 18), (Half)(random.NextSingle() - 0.3f));
            var values = new float[128];
            BlockCodec.DecodeRow(type, bytes, values);
            for (int b = 0; b < 4; b++)
            {
                var expected = PlainDecoder.Block(type, bytes.AsSpan(b * type.BlockBytes, type.BlockBytes));
                Assert.Equal(expected, values.AsSpan(b * 32, 32).ToArray());
            }
        }
    }

    [Fact]
    public void EveryPowerOfTwo_IsExact()
    {
        var block = new byte[17];
        var values = new float[32];
        block[1] = 0x21;
        for (int e = 0; e < 256; e++)
        {
            block[0] = (byte)e;
            BlockCodec.DecodeRow(DataType.MXFP4, block, values);
            Assert.Equal((float)(0.5 * Math.Pow(2, e - 127)), values[0]);
            Assert.Equal((float)Math.Pow(2, e - 127), values[16]);

            var back = new byte[17];
            BlockCodec.UnpackBlock(DataType.MXFP4, block, new byte[32], out ushort scale, out _);
            BlockCodec.PackBlock(DataType.MXFP4, scale, 0, new byte[32], back);
            Assert.Equal(e, back[0]);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void ValuesOnTheGrid_ComeBackExactly(DataType type)
    {
        var row = new float[32];
        for (int i = 0; i < 32; i++)
            row[i] = 0.25f * LevelTable.Of(type)[i % 16];
        var bytes = new byte[type.BlockBytes];
        var back = new float[32];
        BlockCodec.EncodeRow(type, row, bytes);
        BlockCodec.DecodeRow(type, bytes, back);
        Assert.Equal(row, back);
        BlockCodec.EncodeRow(type, new float[32], bytes);
        BlockCodec.DecodeRow(type, bytes, back);
        Assert.All(back, value => Assert.Equal(0f, value));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void EncodedRows_DecodeNearby(DataType type)
    {
        var random = new Random(5);
        var row = Enumerable.Range(0, 256).Select(i => (random.NextSingle() - 0.5f) * (1 + (i / 32))).ToArray();
        var bytes = new byte[type.RowBytes(row.Length)];
        var back = new float[row.Length];
        BlockCodec.EncodeRow(type, row, bytes);
        BlockCodec.DecodeRow(type, bytes, back);

        // The widest gap is a third of the extreme value; above 6 units MXFP4 saturates, from at most 8.
        for (int i = 0; i < row.Length; i++)
            Assert.InRange(back[i] - row[i], -0.26f * (1 + (i / 32)) / 2, 0.26f * (1 + (i / 32)) / 2);
    }
}

namespace Kvasir.Numerics.Tests.DataTypes;

public class BlockCodecTests
{
    public static TheoryData<DataType> Quantised =>
        [DataType.Q8_0, DataType.Q4_0, DataType.Q4_1, DataType.Q5_0, DataType.Q5_1];

    public static TheoryData<DataType> All =>
        [DataType.F32, DataType.F16, DataType.BF16, DataType.Q8_0, DataType.Q4_0, DataType.Q4_1, DataType.Q5_0, DataType.Q5_1];

    [Theory]
    [MemberData(nameof(Quantised))]
    public void PackedBlocks_UnpackToTheSameValues(DataType type)
    {
        var random = new Random(7);
        var quants = new byte[32];
        var back = new byte[32];
        var block = new byte[type.BlockBytes];
        for (int round = 0; round < 50; round++)
        {
            for (int i = 0; i < 32; i++)
                quants[i] = (byte)random.Next(BlockCodec.Levels(type));
            BlockCodec.PackBlock(type, 0x1234, 0x4321, quants, block);
            BlockCodec.UnpackBlock(type, block, back, out ushort scale, out ushort minimum);
            Assert.Equal(quants, back);
            Assert.Equal(0x1234, scale);
            Assert.Equal(type.HasMinimum ? 0x4321 : 0, minimum);
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void EncodedRows_DecodeWithinHalfAStep(DataType type)
    {
        var random = new Random(11);
        var row = new float[256];
        for (int i = 0; i < row.Length; i++)
            row[i] = (float)((random.NextDouble() * 4) - 2);
        var bytes = new byte[type.RowBytes(row.Length)];
        var back = new float[row.Length];
        BlockCodec.EncodeRow(type, row, bytes);
        BlockCodec.DecodeRow(type, bytes, back);

        // Range 4 over the levels; the one-sided extreme level of Q4_0 and Q5_0 can be missed by a whole step.
        float bound = type switch
        {
            DataType.F32 => 0,
            DataType.F16 => 0.0005f,
            DataType.BF16 => 0.004f,
            _ => (4f / (BlockCodec.Levels(type) - 1) * (type is DataType.Q4_0 or DataType.Q5_0 ? 1.05f : 0.55f)) + 0.001f,
        };
        for (int i = 0; i < row.Length; i++)
            Assert.True(Math.Abs(row[i] - back[i]) <= bound, $"element {i}: {row[i]} became {back[i]}");
    }

    [Theory]
    [MemberData(nameof(Quantised))]
    public void ValuesOnTheGrid_ComeBackExactly(DataType type)
    {
        var row = new float[32];
        for (int i = 0; i < 32; i++)
            row[i] = 0.5f * ((i % BlockCodec.Levels(type)) - (type.HasMinimum ? 3 : BlockCodec.Offset(type)));
        if (type == DataType.Q8_0)
            row[0] = 0.5f * -127;
        var bytes = new byte[type.BlockBytes];
        var back = new float[32];
        BlockCodec.EncodeRow(type, row, bytes);
        BlockCodec.DecodeRow(type, bytes, back);
        Assert.Equal(row, back);
    }

    [Theory]
    [MemberData(nameof(Quantised))]
    public void AnAllZeroBlock_StaysZero(DataType type)
    {
        var bytes = new byte[type.BlockBytes];
        var back = new float[32];
        BlockCodec.EncodeRow(type, new float[32], bytes);
        BlockCodec.DecodeRow(type, bytes, back);
        Assert.All(back, v => Assert.Equal(0f, v));
    }

    [Fact]
    public void Q4_0Bytes_AreThoseOfTheFormat()
    {
        var row = new float[32];
        row[0] = -8;
        row[16] = 7;
        row[5] = 1;
        var bytes = new byte[18];
        BlockCodec.EncodeRow(DataType.Q4_0, row, bytes);
        Assert.Equal([0x00, 0x3C, 0xF0, 0x88, 0x88, 0x88, 0x88, 0x89], bytes[..8]);
    }

    [Fact]
    public void Q5_1Bytes_AreThoseOfTheFormat()
    {
        var row = new float[32];
        row[0] = 31;
        row[31] = 17;
        var bytes = new byte[24];
        BlockCodec.EncodeRow(DataType.Q5_1, row, bytes);
        Assert.Equal([0x00, 0x3C, 0x00, 0x00, 0x01, 0x00, 0x00, 0x80, 0x0F], bytes[..9]);
        Assert.Equal(0x10, bytes[23]);
    }

    [Fact]
    public void ARowThatDoesNotDivideIntoBlocks_IsRefused()
    {
        var error = Assert.Throws<ArgumentException>(() => DataType.Q5_0.RowBytes(48));
        Assert.Contains("48", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => BlockCodec.DecodeRow(DataType.Q8_0, new byte[33], new float[32]));
    }

    [Fact]
    public void TypeNames_AreRead_InAnyCase()
    {
        Assert.True(DataTypeInfo.TryParse("q5_1", out var type));
        Assert.Equal(DataType.Q5_1, type);
        Assert.False(DataTypeInfo.TryParse("Q3_X", out _));
        Assert.False(DataTypeInfo.TryParse("8", out _));
        Assert.False(((DataType)16).IsKnown);
    }
}

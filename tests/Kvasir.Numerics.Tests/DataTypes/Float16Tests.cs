namespace Kvasir.Numerics.Tests.DataTypes;

public class Float16Tests
{
    [Fact]
    public void EveryBitPattern_WidensExactly_AndComesBack()
    {
        for (int bits = 0; bits <= ushort.MaxValue; bits++)
        {
            float expected = (float)BitConverter.UInt16BitsToHalf((ushort)bits);
            float actual = Float16.ToSingle((ushort)bits);
            if (float.IsNaN(expected))
            {
                Assert.True(float.IsNaN(actual));
                continue;
            }

            Assert.Equal(BitConverter.SingleToInt32Bits(expected), BitConverter.SingleToInt32Bits(actual));
            Assert.Equal((ushort)bits, Float16.FromSingle(actual));
        }
    }

    [Fact]
    public void RowsAreWidened_AsTheirNumbersAre()
    {
        var bits = Enumerable.Range(0, ushort.MaxValue + 1).Select(number => (ushort)number).ToArray();
        foreach (var length in new[] { 0, 1, 7, 8, 9, 100, bits.Length })
        {
            var row = new float[length];
            Float16.ToSingle(bits.AsSpan(bits.Length - length), row);
            for (var i = 0; i < length; i++)
                Assert.Equal(BitConverter.SingleToInt32Bits(Float16.ToSingle(bits[bits.Length - length + i])), BitConverter.SingleToInt32Bits(row[i]));
        }

        Assert.Throws<ArgumentException>(() => Float16.ToSingle(bits, new float[3]));
    }

    [Fact]
    public void MidpointsBetweenNeighbours_GoToTheEvenOne_AndTheNextFloatDoesNot()
    {
        for (int bits = 0; bits < 0x7BFF; bits++)
        {
            float midpoint = (Float16.ToSingle((ushort)bits) + Float16.ToSingle((ushort)(bits + 1))) / 2;
            Assert.Equal((bits & 1) == 0 ? bits : bits + 1, Float16.FromSingle(midpoint));
            Assert.Equal(bits + 1, Float16.FromSingle(MathF.BitIncrement(midpoint)));
            Assert.Equal(bits, Float16.FromSingle(MathF.BitDecrement(midpoint)));
            Assert.Equal(Float16.FromSingle(midpoint) | 0x8000, Float16.FromSingle(-midpoint));
        }
    }

    [Theory]
    [InlineData(65519.996f, 0x7BFF)]
    [InlineData(65520f, 0x7C00)]
    [InlineData(float.MaxValue, 0x7C00)]
    [InlineData(float.NegativeInfinity, 0xFC00)]
    [InlineData(-0f, 0x8000)]
    [InlineData(1e-30f, 0)]
    public void EdgesOfTheRange_Round(float value, int expected) => Assert.Equal(expected, Float16.FromSingle(value));

    [Fact]
    public void NaN_StaysNaN() => Assert.True(float.IsNaN(Float16.ToSingle(Float16.FromSingle(float.NaN))));
}

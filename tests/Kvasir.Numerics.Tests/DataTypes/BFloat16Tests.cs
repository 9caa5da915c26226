namespace Kvasir.Numerics.Tests.DataTypes;

public class BFloat16Tests
{
    [Fact]
    public void EveryFinitePattern_ComesBack_AndMidpointsGoToTheEvenNeighbour()
    {
        for (int bits = 0; bits < 0x7F7F; bits++)
        {
            float value = BFloat16.ToSingle((ushort)bits);
            Assert.Equal(bits, BFloat16.FromSingle(value));
            float midpoint = BitConverter.Int32BitsToSingle((bits << 16) | 0x8000);
            Assert.Equal((bits & 1) == 0 ? bits : bits + 1, BFloat16.FromSingle(midpoint));
            Assert.Equal(bits + 1, BFloat16.FromSingle(MathF.BitIncrement(midpoint)));
            Assert.Equal(bits, BFloat16.FromSingle(MathF.BitDecrement(midpoint)));
        }
    }

    [Theory]
    [InlineData(float.MaxValue, 0x7F80)]
    [InlineData(float.PositiveInfinity, 0x7F80)]
    [InlineData(float.NegativeInfinity, 0xFF80)]
    [InlineData(-0f, 0x8000)]
    public void EdgesOfTheRange_Round(float value, int expected) => Assert.Equal(expected, BFloat16.FromSingle(value));

    [Fact]
    public void ANaNWhosePayloadLiesInTheDroppedHalf_StaysNaN() =>
        Assert.True(float.IsNaN(BFloat16.ToSingle(BFloat16.FromSingle(BitConverter.Int32BitsToSingle(0x7F80_0001)))));
}

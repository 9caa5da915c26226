using Kvasir.Numerics.Attention;

namespace Kvasir.Numerics.Tests.Attention;

public sealed unsafe class RopeTableTests
{
    private static readonly double[] Frequencies = [1, 0.1, 0.01, 1e-5];

    [Fact]
    public void Table_HoldsCosinesThenSines_OfPositionTimesFrequency()
    {
        using var table = new RopeTable(Frequencies, 5000, attentionFactor: 1.25f);
        foreach (int position in new[] { 0, 1, 17, 4999 })
        {
            for (int i = 0; i < Frequencies.Length; i++)
            {
                Assert.Equal(1.25 * Math.Cos(position * Frequencies[i]), table.At(position)[i], 1e-6);
                Assert.Equal(1.25 * Math.Sin(position * Frequencies[i]), table.At(position)[Frequencies.Length + i], 1e-6);
            }
        }
    }

    [Fact]
    public void Rotation_HasNoAttentionFactor_AndTurnsBack()
    {
        using var table = new RopeTable(Frequencies, 10, attentionFactor: 2f);
        float* turn = stackalloc float[8];
        table.Rotation(-12345, turn);
        for (int i = 0; i < Frequencies.Length; i++)
        {
            Assert.Equal(Math.Cos(12345 * Frequencies[i]), turn[i], 1e-6);
            Assert.Equal(-Math.Sin(12345 * Frequencies[i]), turn[4 + i], 1e-6);
        }
    }

    [Fact]
    public void APositionsEntry_DoesNotDependOnTheLengthOfTheTable()
    {
        using var small = new RopeTable(Frequencies, 100);
        using var large = new RopeTable(Frequencies, 4000);
        Assert.True(new ReadOnlySpan<float>(small.At(99), 8).SequenceEqual(new ReadOnlySpan<float>(large.At(99), 8)));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(10)]
    public void APositionOutsideTheTable_IsRefused(int position)
    {
        using var table = new RopeTable(Frequencies, 10);
        var thrown = Assert.Throws<ArgumentOutOfRangeException>(() => (nint)table.At(position));
        Assert.Contains("10", thrown.Message, StringComparison.Ordinal);
    }
}

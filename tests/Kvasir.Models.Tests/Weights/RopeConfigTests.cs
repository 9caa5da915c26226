namespace Kvasir.Models.Tests.Weights;

public class RopeConfigTests
{
    [Theory]
    [InlineData(10000.0, 64)]
    [InlineData(500000.0, 128)]
    [InlineData(1.5, 6)]
    [InlineData(1e29, 256)]
    public void Frequencies_ArePowersOfTheBase(double theta, int dimensions)
    {
        var frequencies = new RopeConfig { Theta = theta, RotaryDim = dimensions }.InverseFrequencies();
        Assert.Equal(dimensions / 2, frequencies.Length);
        for (int i = 0; i < frequencies.Length; i++)
        {
            double expected = Math.Pow(theta, -2.0 * i / dimensions);
            Assert.Equal(expected, frequencies[i], expected * 1e-7);
        }
    }

    [Fact]
    public void Llama3Scaling_KeepsHigh_DividesLow_AndBlendsBetween()
    {
        var plain = new RopeConfig { Theta = 500000, RotaryDim = 128 };
        var scaled = plain with { Scaling = RopeScaling.Llama3, Factor = 8, LowFrequencyFactor = 1, HighFrequencyFactor = 4, OriginalContext = 8192 };
        var a = plain.InverseFrequencies();
        var b = scaled.InverseFrequencies();
        Assert.Equal(a[0], b[0]);
        Assert.Equal(a[^1] / 8, b[^1], a[^1] * 1e-6f);
        for (int i = 0; i < a.Length; i++)
        {
            // transformers' formula, _compute_llama3_parameters
            double wavelength = 2 * Math.PI / a[i];
            double smooth = ((8192 / wavelength) - 1) / 3;
            double expected = wavelength < 2048 ? a[i] : wavelength > 8192 ? a[i] / 8.0 : ((1 - smooth) * a[i] / 8) + (smooth * a[i]);
            Assert.Equal(expected, b[i], expected * 1e-5);
        }
    }

    [Fact]
    public void LinearScaling_DividesAll()
    {
        var rope = new RopeConfig { Theta = 10000, RotaryDim = 8, Scaling = RopeScaling.Linear, Factor = 4 };
        Assert.Equal(0.25f, rope.InverseFrequencies()[0]);
    }

    [Fact]
    public void TheTwoRowOrders_UndoEachOther()
    {
        var read = RopeRows.HalfSplitFromInterleaved(3, 8);
        var written = RopeRows.InterleavedFromHalfSplit(3, 8);
        Assert.Equal(Enumerable.Range(0, 24), read.Select(r => written[r]));
        Assert.Equal([0, 2, 4, 6, 1, 3, 5, 7], read[..8]);
    }
}

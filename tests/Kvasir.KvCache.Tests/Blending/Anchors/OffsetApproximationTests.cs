using Kvasir.KvCache.Blending;
using Kvasir.KvCache.Blending.Anchors;

namespace Kvasir.KvCache.Tests.Blending.Anchors;

public sealed class OffsetApproximationTests
{
    private static readonly AnchorSettings Published = new() { Scale = DistanceScale.Published, TokenTemperature = 1, ChannelTemperature = 1, LeastWeight = 0 };

    [Fact]
    public void OneWeightAnAnchor_AddsTheWeightedOffsets_AboveTheFirstLayer()
    {
        var text = AnchorRows.Random(4, 1);
        FreeRows[] offsets = [AnchorRows.Random(4, 2), AnchorRows.Random(6, 3)];
        var approximation = new OffsetApproximation(text, offsets, new AnchorWeights([0.75f, 0.25f], 0));
        var (key, value) = (new float[AnchorRows.Width], new float[AnchorRows.Width]);
        for (var row = 0; row < 4; row++)
        {
            approximation.Read(0, row, key, value);
            Assert.Equal(text.Key(0, row).ToArray(), key);
            approximation.Read(1, row, key, value);
            for (var i = 0; i < key.Length; i++)
            {
                Assert.Equal(text.Key(1, row)[i] + (0.75f * offsets[0].Key(1, row)[i]) + (0.25f * offsets[1].Key(1, row)[i]), key[i], 5);
                Assert.Equal(text.Value(1, row)[i] + (0.75f * offsets[0].Value(1, row)[i]) + (0.25f * offsets[1].Value(1, row)[i]), value[i], 5);
            }
        }
    }

    [Fact]
    public void AnchorsOfLittleWeight_AreLeftOut()
    {
        var approximation = new OffsetApproximation(AnchorRows.Filled(1, 0), [AnchorRows.Filled(1, 1), AnchorRows.Filled(1, 1000)], new AnchorWeights([0.9995f, 0.0005f], 1e-3f));
        var (key, value) = (new float[AnchorRows.Width], new float[AnchorRows.Width]);
        approximation.Read(1, 0, key, value);
        Assert.All(key.Concat(value), element => Assert.Equal(0.9995f, element));
    }

    [Fact]
    public void TokenWeights_AreTheSoftmaxOfTheMeanDifferenceOfEachToken()
    {
        // Row r of the anchors is r and 2r away in every element.
        var weights = TokenWeights.Of(AnchorRows.Filled(3, 0), [AnchorRows.Made(3, (_, row, _) => row), AnchorRows.Made(4, (_, row, _) => -2 * row)], Published);
        for (var row = 0; row < 3; row++)
        {
            var expected = Math.Exp(-row) / (Math.Exp(-row) + Math.Exp(-2 * row));
            Assert.Equal(expected, weights.Keys(row)[0], 5);
            Assert.Equal(1 - expected, weights.Values(row)[1], 5);
        }
    }

    [Fact]
    public void ChannelWeights_AreTheSoftmaxOfTheNormOverTokens_WithTheEndsLaidTogether()
    {
        // The second anchor is longer: its first row, which is far away, must not count.
        var first = AnchorRows.Made(2, (layer, _, channel) => layer + channel);
        var second = AnchorRows.Made(3, (_, row, _) => row == 0 ? 1000 : 1);
        var weights = ChannelWeights.Of(AnchorRows.Filled(2, 0), [first, second], Published);
        for (var layer = 0; layer < AnchorRows.Layers; layer++)
        {
            for (var channel = 0; channel < AnchorRows.Width; channel++)
            {
                var (a, b) = (Math.Exp(-Math.Sqrt(2) * (layer + channel)), Math.Exp(-Math.Sqrt(2)));
                Assert.Equal(a / (a + b), weights.Keys(layer, 0)[channel], 5);
                Assert.Equal(b / (a + b), weights.Values(layer, 1)[channel], 5);
            }
        }
    }

    [Fact]
    public void OffsetsInAPositionFreeFrame_FitWhereverTheSegmentMoves_AndOffsetsOfAPlaceDoNot()
    {
        // Keys of one head of four, as a rope turns them: pairs (0, 2) and (1, 3).
        const int Start = 5, Moved = 17;
        var (own, real) = (Keys(1), Keys(2));
        for (var row = 0; row < 3; row++)
        {
            var truth = Turn(real[row], Moved + row);
            var offset = Minus(real[row], own[row]);
            Assert.InRange(Distance(truth, Turn(Plus(own[row], offset), Moved + row)), 0, 1e-5);

            // As published: the offset as it was measured where the anchor stood, not turned on.
            var placed = Minus(Turn(real[row], Start + row), Turn(own[row], Start + row));
            Assert.True(Distance(truth, Plus(Turn(own[row], Moved + row), placed)) > 0.1);
        }

        static float[][] Keys(int seed)
        {
            var random = new Random(seed);
            return [.. Enumerable.Range(0, 3).Select(_ => Enumerable.Range(0, 4).Select(_ => (float)random.NextDouble()).ToArray())];
        }

        static float[] Turn(float[] key, int position)
        {
            var turned = new float[4];
            for (var pair = 0; pair < 2; pair++)
            {
                var angle = position * Math.Pow(10000, -pair / 2.0);
                turned[pair] = (float)((key[pair] * Math.Cos(angle)) - (key[pair + 2] * Math.Sin(angle)));
                turned[pair + 2] = (float)((key[pair] * Math.Sin(angle)) + (key[pair + 2] * Math.Cos(angle)));
            }

            return turned;
        }

        static float[] Plus(float[] a, float[] b) => [.. a.Zip(b, (x, y) => x + y)];
        static float[] Minus(float[] a, float[] b) => [.. a.Zip(b, (x, y) => x - y)];
        static double Distance(float[] a, float[] b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Max();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(21)]
    public void VectorArithmetic_EqualsThatElementByElement(int length)
    {
        var random = new Random(length);
        float[] Draw() => [.. Enumerable.Range(0, length).Select(_ => (float)random.NextDouble() - 0.5f)];
        var (a, b, c) = (Draw(), Draw(), Draw());
        var (scaled, weighted, difference, squares) = ((float[])a.Clone(), (float[])a.Clone(), new float[length], (float[])c.Clone());
        RowMath.Add(scaled, b, 0.3f);
        RowMath.Add(weighted, b, c);
        RowMath.Subtract(a, b, difference);
        RowMath.AddSquaredDifference(squares, a, b);
        for (var i = 0; i < length; i++)
        {
            Assert.Equal(a[i] + (0.3f * b[i]), scaled[i]);
            Assert.Equal(a[i] + (c[i] * b[i]), weighted[i]);
            Assert.Equal(a[i] - b[i], difference[i]);
            Assert.Equal(c[i] + ((a[i] - b[i]) * (a[i] - b[i])), squares[i]);
        }

        Assert.Equal(a.Zip(b, (x, y) => (double)(x - y) * (x - y)).Sum(), RowMath.SquaredDistance(a, b), 5);
        Assert.Equal(a.Zip(b, (x, y) => (double)Math.Abs(x - y)).Sum(), RowMath.AbsoluteDistance(a, b), 5);
        Assert.Throws<ArgumentException>(() => RowMath.Add(scaled, b.AsSpan(1), 1));
    }

    [Fact]
    public void RowsOfAnotherModel_AreRefused() =>
        Assert.Throws<ArgumentException>(() => AnchorRows.Filled(2, 0).Minus(AnchorRows.Made(2, (_, _, _) => 0, layers: 3)));
}

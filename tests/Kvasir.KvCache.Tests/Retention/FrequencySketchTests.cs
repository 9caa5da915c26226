using Kvasir.KvCache.Retention.Objects;

namespace Kvasir.KvCache.Tests.Retention;

public class FrequencySketchTests
{
    [Fact]
    public void Estimates_AreNeverTooLow_AndSeldomTooHigh()
    {
        var sketch = new FrequencySketch();
        var counts = new Dictionary<int, int>();
        var random = new Random(7);
        for (var i = 0; i < 8_000; i++)
        {
            var key = (int)(Math.Pow(random.NextDouble(), 3) * 4_000);
            counts[key] = counts.GetValueOrDefault(key) + 1;
            sketch.Raise(Keys.Of(key).Mix(), 1_000);
        }

        Assert.All(counts, pair => Assert.True(sketch.Estimate(Keys.Of(pair.Key).Mix()) >= Math.Min(pair.Value, FrequencySketch.Most), $"key {pair.Key}"));
        var wrong = counts.Count(pair => sketch.Estimate(Keys.Of(pair.Key).Mix()) != Math.Min(pair.Value, FrequencySketch.Most));
        Assert.True(wrong < counts.Count / 10, $"{wrong} of {counts.Count} estimates are too high");
    }

    [Fact]
    public void Counts_AreHalvedAfterTenSightsAnObject()
    {
        var sketch = new FrequencySketch();
        for (var i = 0; i < 12; i++)
            sketch.Raise(1, 100);
        for (var i = 0; i < 1_000 - 12 - 1; i++)
            sketch.Raise(1_000 + (ulong)i, 100);
        Assert.Equal(12, sketch.Estimate(1));
        sketch.Raise(5, 100);
        Assert.Equal(6, sketch.Estimate(1));
    }

    [Fact]
    public void Counts_SurviveGrowth()
    {
        var sketch = new FrequencySketch();
        for (var key = 0UL; key < 20; key++)
        {
            for (var i = 0UL; i <= key % 10; i++)
                sketch.Raise(key, 10);
        }

        sketch.Raise(999, 100_000);
        for (var key = 0UL; key < 20; key++)
            Assert.InRange(sketch.Estimate(key), (int)(key % 10) + 1, FrequencySketch.Most);
        Assert.Equal(4 * 524_288 / 2, sketch.Bytes);
    }

    [Fact]
    public void Window_ClimbsTowardsWhatFindsMore()
    {
        Assert.True(ShareAfter(share => share) > 0.5, "a larger window finds more");
        Assert.True(ShareAfter(share => 1 - share) < 0.2, "a smaller window finds more");

        static double ShareAfter(Func<double, double> rateOfShare)
        {
            var climber = new WindowClimber();
            var random = new Random(1);
            for (var i = 0; i < 400_000; i++)
                climber.Count(random.NextDouble() < rateOfShare(climber.Share), 5_000);
            return climber.Share;
        }
    }
}

using Kvasir.KvCache.Retention.Ghost;
using Kvasir.KvCache.Retention.Objects;

namespace Kvasir.KvCache.Tests.Retention;

public class GhostIndexTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3_145_728)]
    [InlineData(1_000_003)]
    public void ChunksOfOneSize_ArePredictedExactly(long chunk)
    {
        var index = new GhostIndex();
        int[] sizes = [1, 2, 3, 5, 10, 17, 31, 50, 63];
        var found = Simulate(index, seed: 1, objects: 100, asks: 20_000, skew: 2, sizes.Select(size => size * chunk), _ => chunk);
        for (var i = 0; i < sizes.Length; i++)
        {
            Assert.Equal(found[i], index.Predict(sizes[i] * chunk), 1e-9);
            if (i > 0 && sizes[i - 1] == sizes[i] - 1)
                Assert.Equal(found[i - 1], index.Predict((sizes[i] * chunk) - 1), 1e-9);
        }

        Assert.Equal(0, index.Predict(0));
        Assert.Equal(1, index.Status.SamplingRate);
    }

    [Fact]
    public void ObjectsOfManySizes_ArePredictedWithinTwoPoints()
    {
        var index = new GhostIndex();
        long[] sizes = [2_000, 5_000, 10_000, 20_000, 40_000];
        var found = Simulate(index, seed: 2, objects: 1_000, asks: 60_000, skew: 2, sizes, number => 1 + (number * 7919 % 100));
        for (var i = 0; i < sizes.Length; i++)
            Assert.InRange(index.Predict(sizes[i]) - found[i], -0.02, 0.02);
    }

    [Theory]
    [InlineData(11, 2_048)]
    [InlineData(12, 2_048)]
    [InlineData(13, 4_096)]
    public void Sample_IsBounded_AndStillWithinTwoPoints(int seed, int maxObjects)
    {
        var index = new GhostIndex(new GhostIndexOptions { MaxObjects = maxObjects });
        long[] sizes = [500, 1_000, 2_000, 4_000, 8_000, 16_000];
        var found = Simulate(index, seed, objects: 20_000, asks: 100_000, skew: 3, sizes, _ => 1);
        Assert.InRange(index.Status.TrackedObjects, maxObjects / 2, maxObjects);
        Assert.InRange(index.Status.SamplingRate, 0.005, 0.3);
        for (var i = 0; i < sizes.Length; i++)
            Assert.True(Math.Abs(index.Predict(sizes[i]) - found[i]) <= 0.02, $"seed {seed}, {sizes[i]}: {index.Predict(sizes[i]):F4} for {found[i]:F4}");
    }

    [Fact]
    public void RateGivenAtFirst_IsThatOfTheKeys()
    {
        var index = new GhostIndex(new GhostIndexOptions { SamplingRate = 0.1, MaxObjects = 10_000 });
        for (var i = 0; i < 20_000; i++)
            index.Observe(Keys.Of(i), 1);
        Assert.InRange(index.Status.TrackedObjects - 5_000, 1_800, 2_200);
        Assert.Equal((20_000, 20_000), (index.Status.Accesses, index.Status.Bytes));
    }

    [Fact]
    public void Horizon_KeepsTheRateUp_HoweverManyKeysPass()
    {
        var index = new GhostIndex(new GhostIndexOptions { MaxObjects = 1_200, HorizonBytes = 500 });
        for (var i = 0; i < 50_000; i++)
        {
            index.Observe(Keys.Of(i), 1);
            index.Observe(Keys.Of(Math.Max(0, i - 100)), 1);
        }

        Assert.Equal(1, index.Status.SamplingRate);
        Assert.InRange(index.Status.TrackedObjects - 600, 400, 501);
        Assert.Equal(0.5, index.Predict(500), 0.01);
        Assert.Equal(0, index.Predict(50), 0.01);
    }

    [Fact]
    public void Prediction_FollowsTheTraffic()
    {
        var index = new GhostIndex(new GhostIndexOptions { HalveEvery = 1_000 });
        for (var i = 0; i < 20_000; i++)
            index.Observe(Keys.Of(i), 1);
        Assert.Equal(0, index.Predict(1_000));
        for (var i = 0; i < 20_000; i++)
            index.Observe(Keys.Of(i % 10), 1);
        Assert.True(index.Predict(1_000) > 0.99, $"{index.Predict(1_000)}");
    }

    [Fact]
    public void ChunksOfAPrompt_AreFoundByWhatWasThereBefore()
    {
        // Eight chunks, then one other prompt of two, then the eight again: the first chunk needs 3 places, the last 10.
        var index = new GhostIndex();
        GhostAccess[] eight = [.. Enumerable.Range(0, 8).Select(i => new GhostAccess(Keys.Of(i), 1))];
        index.ObservePrompt(eight);
        index.ObservePrompt([new GhostAccess(Keys.Of(100), 1), new GhostAccess(Keys.Of(101), 1)]);
        index.ObservePrompt(eight);
        for (var size = 1; size <= 12; size++)
            Assert.Equal(Math.Clamp(size - 2, 0, 8) / 18.0, index.Predict(size), 1e-9);
    }

    [Fact]
    public void Curve_RisesToItsEnd()
    {
        var index = new GhostIndex();
        Simulate(index, seed: 4, objects: 300, asks: 5_000, skew: 2, [], _ => 10);
        var curve = index.Curve(4_000, 8);
        Assert.Equal([500, 1_000, 1_500, 2_000, 2_500, 3_000, 3_500, 4_000], curve.Select(point => point.Bytes));
        Assert.Equal(curve.Select(point => point.HitRate).Order(), curve.Select(point => point.HitRate));
        Assert.Equal(index.Predict(2_000), curve[3].HitRate);
        Assert.True(curve[7].HitRate > curve[0].HitRate);
        Assert.Equal(0, new GhostIndex().Predict(100));
    }

    [Fact]
    public void ManyThreads_LoseNothing()
    {
        var index = new GhostIndex(new GhostIndexOptions { MaxObjects = 100, HorizonBytes = 10_000 });
        Parallel.For(0, 4, thread =>
        {
            for (var i = 0; i < 5_000; i++)
            {
                index.Observe(Keys.Of((thread * 1_000) + (i % 700)), 3);
                if (i % 100 == 0)
                    index.Predict(i);
            }
        });
        Assert.Equal((20_000, 60_000), (index.Status.Accesses, index.Status.Bytes));
        Assert.InRange(index.Status.TrackedObjects, 1, 100);
    }

    [Fact]
    public void OptionsOutOfRange_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new GhostIndex(new GhostIndexOptions { MaxObjects = 1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GhostIndex(new GhostIndexOptions { SamplingRate = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GhostIndex(new GhostIndexOptions { SamplingRate = double.NaN }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GhostIndex(new GhostIndexOptions { HorizonBytes = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GhostIndex(new GhostIndexOptions { HalveEvery = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GhostIndex().Observe(Keys.Of(1), 0));
    }

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    public void Order_KnowsTheBytesUsedSince(int seed)
    {
        const int Capacity = 30;
        var random = new Random(seed);
        var order = new RecencyOrder(Capacity);
        var model = new List<TrackedObject>();
        for (var i = 0; i < 20_000; i++)
        {
            if (model.Count > 0 && (model.Count == Capacity || random.Next(3) == 0))
            {
                var leaving = model[random.Next(model.Count)];
                order.Remove(leaving);
                model.Remove(leaving);
            }
            else
            {
                var coming = new TrackedObject(Keys.Of(i), 0) { Bytes = random.Next(1, 50) };
                order.Add(coming);
                model.Add(coming);
            }

            Assert.Equal(model.FirstOrDefault(), order.Oldest);
            Assert.Equal(model.Sum(item => item.Bytes), order.Bytes);
            if (model.Count == 0)
                continue;
            var at = random.Next(model.Count);
            Assert.True(model[(at + 1)..].Sum(item => item.Bytes) == order.BytesAfter(model[at]), $"seed {seed}, operation {i}");
        }
    }

    [Fact]
    public void Histogram_CountsAtAndBelow_FromOneByteToTheLargestNumber()
    {
        var histogram = new DistanceHistogram();
        double[] distances = [1, 2, 63, 64, 65, 1_000, 1e6, 1e12, long.MaxValue];
        foreach (var distance in distances)
            histogram.Add(distance, 1);
        Assert.Equal([0, 1, 2, 5, 6, 9], new[] { 0, 1, 62, 65, 1_000, long.MaxValue }.Select(histogram.UpTo));
    }

    /// <summary>Shows one index and real tiers of several sizes the same traffic; returns the byte hit rates of the tiers.</summary>
    private static double[] Simulate(GhostIndex index, int seed, int objects, int asks, double skew, IEnumerable<long> capacities, Func<int, long> bytesOf)
    {
        var random = new Random(seed);
        var tiers = capacities.Select(capacity => new SmallTier(new LruPolicy(), capacity)).ToArray();
        var found = new double[tiers.Length];
        var asked = 0L;
        for (var i = 0; i < asks; i++)
        {
            var number = (int)(Math.Pow(random.NextDouble(), skew) * objects);
            var bytes = bytesOf(number);
            asked += bytes;
            index.Observe(Keys.Of(number), bytes);
            for (var tier = 0; tier < tiers.Length; tier++)
                found[tier] += tiers[tier].Ask(number, bytes) ? bytes : 0;
        }

        return [.. found.Select(sum => sum / asked)];
    }
}

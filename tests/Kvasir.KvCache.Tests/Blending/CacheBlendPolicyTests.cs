using Kvasir.KvCache.Blending;

namespace Kvasir.KvCache.Tests.Blending;

public class CacheBlendPolicyTests
{
    [Fact]
    public void LargestDeviations_AreTakenOverAllChunks_RoundedDown()
    {
        // 0.45 of 7 rows are 3.15: 3 rows, of deviations 9, 8 and 7, wherever they lie.
        var spans = Snapshots.Spans(4, 3, 4);
        Assert.Equal([1, 4, 5], Snapshots.Select(new CacheBlendPolicy(0.45), spans, [1, 9, 2, 3, 7, 8, 0]));
    }

    [Fact]
    public void Ties_GoToTheLowerRow_NaNCountsAsLargest_AndZeroHasNoSign()
    {
        var spans = Snapshots.Spans(0, 6);
        Assert.Equal([0, 1, 2], Snapshots.Select(new CacheBlendPolicy(0.5), spans, [5, 5, 5, 5, 5, 5]));
        Assert.Equal([1, 3, 4], Snapshots.Select(new CacheBlendPolicy(0.5), spans, [1, 5, 5, float.NaN, float.PositiveInfinity, 0]));
        Assert.Equal([3, 5], Snapshots.Select(new CacheBlendPolicy(0.34), spans, [1, 5, 5, -float.NaN, float.NegativeInfinity, float.NaN]));
        Assert.Equal([0, 1, 2], Snapshots.Select(new CacheBlendPolicy(0.5), spans, [-0f, 0f, -0f, 0f, 0f, -1f]));
    }

    [Fact]
    public void Shares_AreNotLostToRounding()
    {
        // 0.29 · 100 is 28.999999999999996 in binary64.
        for (var percent = 0; percent <= 100; percent++)
            Assert.Equal(percent, new CacheBlendPolicy(percent / 100.0).MostRepairs(100));
    }

    [Fact]
    public void Gradual_StartsWide_NeverGrows_AndHasTheRatioAsItsMean()
    {
        foreach (var layers in new[] { 2, 5, 8, 24, 28, 33 })
        {
            foreach (var ratio in new[] { 0.05, 0.15, 0.5 })
            {
                var policy = new CacheBlendPolicy(ratio, gradual: true);
                var shares = Enumerable.Range(0, layers).Select(layer => policy.ShareAbove(layer, layers)).ToList();
                Assert.Equal(shares.OrderDescending(), shares);
                Assert.Equal(ratio, shares.Average(), 1e-12);
                Assert.All(shares, share => Assert.InRange(share, 0.5 * ratio, 1.4 * ratio));
                Assert.Equal((layers + 3) / 4, shares.Distinct().Count());
            }
        }
    }

    [Fact]
    public void GradualShares_AreThoseOfTheFormula_AtTheMiddleOfEachFourLayers()
    {
        var policy = new CacheBlendPolicy(0.2, gradual: true);
        // 9 layers: groups 0-3, 4-7, 8 with middles 1.5, 5.5, 8 of 8: 0.2 · (1.4 - 0.8 · 1.5 / 8) = 0.25, 0.2 · (1.4 - 0.55) = 0.17, 0.2 · 0.6.
        Assert.Equal(0.25, policy.ShareAbove(0, 9), 12);
        Assert.Equal(0.25, policy.ShareAbove(3, 9), 12);
        Assert.Equal(0.17, policy.ShareAbove(4, 9), 12);
        Assert.Equal(0.12, policy.ShareAbove(8, 9), 12);
        Assert.Equal(0.2, policy.ShareAbove(0, 1), 12);
        Assert.Equal(28, policy.MostRepairs(100)); // 1.4 · 0.2
        Assert.Equal(28, Snapshots.Select(policy, Snapshots.Spans(0, 100), new float[100]).Count);
        Assert.Equal(100, new CacheBlendPolicy(0.8, gradual: true).MostRepairs(100)); // 1.12
        Assert.Equal(1, new CacheBlendPolicy(0.8, gradual: true).ShareAbove(0, 24)); // 0.8 · (1.4 - 0.8 · 1.5 / 23) > 1
    }

    [Fact]
    public void OneSelection_HoldsForAllLayers_AndAsksForDeviationsOnly()
    {
        IBlendPolicy policy = new CacheBlendPolicy(0.15, DeviationKind.KeySquared);
        Assert.All(Enumerable.Range(0, 24), layer => Assert.Equal(1, policy.ShareAbove(layer, 24)));
        Assert.Equal((BlendSignals.Deviation, DeviationKind.KeySquared, 0), (policy.Signals, policy.Deviation, policy.AnswerRepairs));
        Assert.Equal("cacheblend r=0.15 by KeySquared", policy.Name);
    }

    [Fact]
    public void Pooled_RepairsTheRowsBetweenThoseThatDeviate()
    {
        // Means over two neighbours a side: rows 8 to 12 have 2, 2, 3, 2, 2; row 25, which deviates most, and its neighbours 6 / 5.
        var deviation = new float[40];
        deviation[8] = deviation[10] = deviation[12] = 5;
        deviation[25] = 6;
        Assert.Equal([8, 9, 10, 11, 12], Snapshots.Select(new CacheBlendPolicy(0.125, pool: 2), Snapshots.Spans(2, 20, 20), deviation));
        Assert.Equal([0, 8, 10, 12, 25], Snapshots.Select(new CacheBlendPolicy(0.125), Snapshots.Spans(2, 20, 20), deviation));
    }

    [Fact]
    public void Pooling_EndsAtTheChunk_WhereFewerRowsAreAveraged()
    {
        // Row 19 is the last of its chunk: (0 + 0 + 12) / 3 = 4; rows 18 and 17: 12 / 4 and 12 / 5. Row 20 is another chunk's.
        var deviation = new float[40];
        deviation[8] = deviation[10] = deviation[12] = 5;
        deviation[19] = 12;
        Assert.Equal([8, 10, 17, 18, 19], Snapshots.Select(new CacheBlendPolicy(0.125, pool: 2), Snapshots.Spans(2, 20, 20), deviation));
    }

    [Fact]
    public void Pooled_NaNCountsAsLargestInItsOwnRow_AndIsLeftOutOfTheMeansAroundIt()
    {
        // Means: 4, 4 (of 4 and 4), NaN, 1 (of 2 and 0), 2 / 3, 0.
        var spans = Snapshots.Spans(0, 6);
        float[] deviation = [4, 4, float.NaN, 2, 0, 0];
        Assert.Equal([2], Snapshots.Select(new CacheBlendPolicy(0.2, pool: 1), spans, deviation));
        Assert.Equal([0, 1, 2, 3], Snapshots.Select(new CacheBlendPolicy(0.67, pool: 1), spans, deviation));
        Assert.Equal([0, 1, 2], Snapshots.Select(new CacheBlendPolicy(0.5, pool: 3), spans, [float.NaN, float.NaN, float.NaN, float.NaN, float.NaN, float.NaN]));
    }

    [Fact]
    public void Pooling_OfNoRows_IsThePublishedRule_AndARadiusIsBounded()
    {
        var spans = Snapshots.Spans(1, 5, 4);
        float[] deviation = [3, 1, 4, 1, 5, 9, 2, 6, 5];
        for (var tenths = 0; tenths <= 10; tenths++)
            Assert.Equal(Snapshots.Select(new CacheBlendPolicy(tenths / 10.0), spans, deviation), Snapshots.Select(new CacheBlendPolicy(tenths / 10.0, pool: 0), spans, deviation));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CacheBlendPolicy(0.1, pool: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CacheBlendPolicy(0.1, pool: CacheBlendPolicy.MostPool + 1));
    }

    [Fact]
    public void APooledPolicy_SaysSo_AndStaysPooledWhenMoreIsRepaired()
    {
        IBlendPolicy policy = new CacheBlendPolicy(0.125, pool: 2);
        Assert.Equal("cacheblend r=0.125 by ValueSquared, pooled over 2 rows each side", policy.Name);
        Assert.Equal("cacheblend r=0.5 by ValueSquared, pooled over 2 rows each side", policy.AtLeast(0.5).Name);
        Assert.Same(policy, policy.AtLeast(0.1));
        Assert.Equal($"cacheblend r=0.2 by ValueSquared, pooled over {CacheBlendPolicy.UsualPool} rows each side", BlendPolicies.Create("cacheblend-pooled", 0.2).Name);
    }
}

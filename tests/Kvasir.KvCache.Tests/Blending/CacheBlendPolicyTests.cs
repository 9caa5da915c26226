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
}

using Kvasir.KvCache.Blending;

namespace Kvasir.KvCache.Tests.Blending;

public class ContextFitTests
{
    [Fact]
    public void Impact_IsTheSigmoidOfOuterOverInnerDensity()
    {
        // |C| = 4; texts of 10 and 5 tokens with mass 2 and 1: a = 2 / (4·10) + 1 / (4·5) = 0.05 + 0.05 = 0.1; intra 3.2: b = 3.2 / 16 = 0.2.
        // CCI = 1 / (1 + exp(-0.5)) = 0.6224593312018546.
        var context = Snapshots.Context(3.2, new float[4], (1, 10, 2), (2, 5, 1));
        Assert.Equal(0.6224593312018546, ContextFit.Impact(context, 4), 15);
    }

    [Fact]
    public void Impact_LiesBetweenAHalfAndOne_AlsoWithoutInnerMass()
    {
        Assert.Equal(0.5, ContextFit.Impact(Snapshots.Context(3, new float[4]), 4));
        Assert.Equal(0.5, ContextFit.Impact(Snapshots.Context(0, new float[4]), 4));
        Assert.Equal(1, ContextFit.Impact(Snapshots.Context(0, new float[4], (1, 10, 0.1)), 4));
        var random = new Random(1);
        for (var i = 0; i < 1000; i++)
        {
            var context = Snapshots.Context(random.NextDouble() * 40, new float[40], (1, 1 + random.Next(500), random.NextDouble() * 40), (2, 9, random.NextDouble()));
            Assert.InRange(ContextFit.Impact(context, 40), 0.5, 1);
        }
    }

    [Fact]
    public void Overlap_IsTheMassOfTheTextsThatStandBeforeItAgain()
    {
        var context = Snapshots.Context(1, [], (1, 10, 2), (2, 10, 1), (3, 10, 5));
        Assert.Equal(7.0 / 8, ContextFit.Overlap(context, Snapshots.Texts(1, 3)), 15); // (2 + 5) / (2 + 1 + 5)
        Assert.Equal(7.0 / 8, ContextFit.Overlap(context, Snapshots.Texts(1, 9, 3)), 15);
        Assert.Equal(1.0 / 8, ContextFit.Overlap(context, Snapshots.Texts(2)), 15);
        Assert.Equal(0, ContextFit.Overlap(context, Snapshots.Texts(8, 9)));
        Assert.Equal(0, ContextFit.Overlap(context, []));
    }

    [Fact]
    public void OrderPenalty_IsTheShareOfPairsThatChangedPlaces()
    {
        Assert.Equal(0, ContextFit.OrderPenalty([]));
        Assert.Equal(0, ContextFit.OrderPenalty([4]));
        Assert.Equal(0, ContextFit.OrderPenalty([0, 3, 9]));
        Assert.Equal(1, ContextFit.OrderPenalty([9, 3, 0]));
        // 1 3 0 2: pairs (1,0), (3,0), (3,2) of six.
        Assert.Equal(0.5, ContextFit.OrderPenalty([1, 3, 0, 2]));
        // Old order 1 2 3, now 3 1 2: two of three pairs changed, all mass is common: β' = 1 - 2/3.
        var context = Snapshots.Context(1, [], (1, 10, 2), (2, 10, 1), (3, 10, 5));
        Assert.Equal(1 - (2.0 / 3), ContextFit.Overlap(context, Snapshots.Texts(3, 1, 2)), 15);
        // Of 1 and 3 the only pair changed: nothing is left of 7/8.
        Assert.Equal(0, ContextFit.Overlap(context, Snapshots.Texts(3, 1)));
    }

    [Fact]
    public void EqualTexts_AreMatchedOneByOne()
    {
        var context = Snapshots.Context(1, [], (1, 10, 2), (1, 10, 6), (2, 10, 2));
        Assert.Equal(0.2, ContextFit.Overlap(context, Snapshots.Texts(1)), 15); // 2 of 10, the second is gone
        Assert.Equal(0.8, ContextFit.Overlap(context, Snapshots.Texts(1, 9, 1)), 15);
    }

    [Fact]
    public void ComputedBehindNothing_IsNoExcuseForRepairingNothing()
    {
        var alone = Snapshots.Context(3, new float[100]);
        Assert.Equal(0, ContextFit.Overlap(alone, Snapshots.Texts(1)));
        Assert.Equal(0.3, ContextFit.FixOverhead(0.6, alone, 100, Snapshots.Texts(1)), 15); // α / 2
        Assert.Equal(0, ContextFit.FixOverhead(0.6, alone, 100, []));
    }

    [Fact]
    public void FixOverhead_IsAlphaTimesImpactTimesWhatIsNotCommon_Clamped()
    {
        // CCI 0.62246 as above; β' = 2/3 (text 2 is gone: 2 of 3): 0.9 · 0.6224593312018546 / 3 = 0.18673779936055638.
        var context = Snapshots.Context(3.2, new float[4], (1, 10, 2), (2, 5, 1));
        Assert.Equal(0.18673779936055638, ContextFit.FixOverhead(0.9, context, 4, Snapshots.Texts(1)), 14);
        Assert.Equal(0, ContextFit.FixOverhead(0.9, context, 4, Snapshots.Texts(1, 2)));
        Assert.Equal(1, ContextFit.FixOverhead(9, context, 4, Snapshots.Texts(1)));
        Assert.Equal(0.4, ContextFit.FixOverhead(0.4, null, 4, Snapshots.Texts(1)));
        Assert.Equal(1, ContextFit.FixOverhead(3, null, 4, []));
        var broken = Snapshots.Context(double.NaN, new float[4], (1, 10, 2));
        Assert.Equal(1, ContextFit.FixOverhead(0.1, broken, 4, Snapshots.Texts(5)));
    }
}

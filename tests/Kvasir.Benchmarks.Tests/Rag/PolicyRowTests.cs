using Kvasir.Benchmarks.Rag.Policies;
using Kvasir.KvCache.Blending;

namespace Kvasir.Benchmarks.Tests.Rag;

public class PolicyRowTests
{
    [Fact]
    public void PooledDeviation_RepairsTheRowsBetweenThoseThatDeviate()
    {
        var deviation = new float[40];
        deviation[8] = deviation[10] = deviation[12] = 5;
        deviation[25] = 6;
        Assert.Equal([8, 9, 10, 11, 12], Choose(deviation));
    }

    [Fact]
    public void PooledDeviation_EndsAtTheChunk()
    {
        var deviation = new float[40];
        deviation[8] = deviation[10] = deviation[12] = 5;
        deviation[19] = 12;
        Assert.Equal([8, 10, 17, 18, 19], Choose(deviation));
    }

    [Fact]
    public void EveryLine_HasItsOwnNameAndRatio_AndTheQuickOnesAreAmongTheOthers()
    {
        var all = PolicyRows.All(quick: false).Select(row => (row.Name, row.Ratio)).ToArray();
        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.All(PolicyRows.All(quick: true), row => Assert.Contains((row.Name, row.Ratio), all));
        Assert.All(PolicyRows.All(quick: false).Where(row => row.Policy is not null), row => Assert.InRange(row.Policy!.MostRepairs(1000), row.Ratio * 1000, row.Ratio * 1400.001));
    }

    private static List<int> Choose(float[] deviation)
    {
        var chosen = new List<int>();
        new PooledDeviationPolicy(0.125, reach: 2).Select(
            new BlendSnapshot
            {
                Spans = [new BlendSpan(2, 20, 0, [], null), new BlendSpan(22, 20, 20, [], null)],
                Rows = 40,
                PromptLength = 50,
                Deviation = deviation,
            },
            chosen);
        return chosen;
    }
}

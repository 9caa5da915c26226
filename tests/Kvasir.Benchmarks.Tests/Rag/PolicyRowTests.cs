using Kvasir.Benchmarks.Rag.Policies;

namespace Kvasir.Benchmarks.Tests.Rag;

public class PolicyRowTests
{
    [Fact]
    public void EveryLine_HasItsOwnNameAndRatio_AndTheQuickOnesAreAmongTheOthers()
    {
        var all = PolicyRows.All(quick: false).Select(row => (row.Name, row.Ratio)).ToArray();
        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.All(PolicyRows.All(quick: true), row => Assert.Contains((row.Name, row.Ratio), all));
        Assert.All(PolicyRows.All(quick: false).Where(row => row.Policy is not null), row => Assert.InRange(row.Policy!.MostRepairs(1000), row.Ratio * 1000, row.Ratio * 1400.001));
    }

    [Fact]
    public void FewLines_AreAmongAll_EachWithNaiveReuseOfItsChunks()
    {
        var all = PolicyRows.All(quick: false).Select(row => (row.Name, row.Ratio)).ToArray();
        var few = PolicyRows.Few();
        Assert.All(few, row => Assert.Contains((row.Name, row.Ratio), all));
        Assert.All(few.Where(row => row.Ratio > 0), row => Assert.Equal(row.Salt, few.Single(naive => naive.Name == PolicyRows.NaiveOf(row.Name)).Salt));
        Assert.Equal("naive-in-context", PolicyRows.NaiveOf("cachecraft"));
    }
}

using Kvasir.KvCache.Blending;

namespace Kvasir.KvCache.Tests.Blending;

/// <summary>What all policies that repair a share of the rows have in common.</summary>
public class BudgetPolicyTests
{
    public static TheoryData<string> Budgeted => ["cacheblend", "cachecraft", "kvshare", "kvshare-prefill", "random", "first"];

    [Theory]
    [MemberData(nameof(Budgeted))]
    public void Rows_AreAscendingDistinctAndAsManyAsTheShare_AndGrowWithIt(string name)
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var (spans, deviation, mass) = Case(seed);
            var rows = deviation.Length;
            List<int> before = [];
            for (var percent = 0; percent <= 100; percent += 5)
            {
                var policy = BlendPolicies.Create(name, percent / 100.0);
                var repaired = Snapshots.Select(policy, spans, deviation, mass, seed: (ulong)seed);
                Assert.Equal(rows * percent / 100, repaired.Count);
                Assert.Equal(policy.MostRepairs(rows), repaired.Count);
                Assert.Equal(repaired.Distinct().Order(), repaired);
                Assert.True(repaired.Count == 0 || (repaired[0] >= 0 && repaired[^1] < rows), $"seed {seed}");
                if (name != "cachecraft") // it shares rows out among chunks by rounding
                    Assert.True(before.All(repaired.Contains), $"seed {seed}, {percent} %: a row of a smaller share is missing");
                before = repaired;
            }
        }
    }

    [Theory]
    [MemberData(nameof(Budgeted))]
    public void RatioOne_TakesEveryRow_WhateverIsMeasured_AndForEveryLayer(string name)
    {
        var policy = BlendPolicies.Create(name, 1);
        var spans = Snapshots.Spans(3, 7, 1, 20);
        float[] deviation = [.. Enumerable.Repeat(0f, 27), float.NaN];
        Assert.Equal(Enumerable.Range(0, 28), Snapshots.Select(policy, spans, deviation, new float[28]));
        Assert.All(Enumerable.Range(0, 24), layer => Assert.Equal(1, policy.ShareAbove(layer, 24)));
        Assert.Equal(0, policy.AnswerRepairs);
        var ended = new bool[2];
        float[] mass = [9, 1, 9, 1, 9, 1, 9, 1, 9, 1];
        policy.EndSpans(new FocusSnapshot { LayersDone = 5, Layers = 24, Spans = 2, Mass = mass }, ended);
        Assert.Equal([false, false], ended);
    }

    [Theory]
    [MemberData(nameof(Budgeted))]
    public void NothingReused_NothingRepaired(string name) => Assert.Empty(Snapshots.Select(BlendPolicies.Create(name, 0.5), [], [], []));

    [Fact]
    public void Naive_RepairsNothing_AndTheUnrotatedOneSaysSo()
    {
        foreach (var (name, corrects) in new[] { ("naive", true), ("naive-unrotated", false) })
        {
            var policy = BlendPolicies.Create(name, 0.5);
            Assert.Equal((name, corrects, BlendSignals.None, 0), (policy.Name, policy.CorrectsPositions, policy.Signals, policy.MostRepairs(100)));
            Assert.Empty(Snapshots.Select(policy, Snapshots.Spans(0, 100)));
        }
    }

    [Fact]
    public void FirstRows_AreEquallyManyOfEveryChunk_AsFarAsTheyGo()
    {
        // 4 + 2 + 6 rows, half of them are 6: rows 0 and 1 of each chunk.
        var spans = Snapshots.Spans(5, 4, 2, 6);
        Assert.Equal([0, 1, 4, 5, 6, 7], Snapshots.Select(new FirstRowsPolicy(0.5), spans));
        // 9 rows: chunk two has no third row; the third rows of one and three, then the fourth of one.
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8], Snapshots.Select(new FirstRowsPolicy(0.75), spans));
    }

    [Fact]
    public void RandomRows_DependOnTheSeedAlone_AndTakeEveryRowEquallyOften()
    {
        var spans = Snapshots.Spans(2, 30, 20);
        var policy = new RandomRowsPolicy(0.2);
        Assert.Equal(Snapshots.Select(policy, spans, seed: 5), Snapshots.Select(policy, spans, seed: 5));
        Assert.NotEqual(Snapshots.Select(policy, spans, seed: 5), Snapshots.Select(policy, spans, seed: 6));
        var counts = new int[50];
        for (var seed = 0; seed < 5_000; seed++)
        {
            foreach (var row in Snapshots.Select(policy, spans, seed: (ulong)seed))
                counts[row]++;
        }

        // 1000 expected, standard deviation sqrt(5000 · 0.2 · 0.8) = 28.
        Assert.All(counts, count => Assert.InRange(count, 1000 - (5 * 28), 1000 + (5 * 28)));
    }

    [Theory]
    [InlineData("cacheblend", -0.1)]
    [InlineData("cacheblend", 1.5)]
    [InlineData("cachecraft", double.NaN)]
    [InlineData("cachecraft-alpha", -1)]
    [InlineData("kvshare", 2)]
    [InlineData("random", -1)]
    [InlineData("first", double.PositiveInfinity)]
    public void SharesThatAreNone_AreRefused(string name, double ratio) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => BlendPolicies.Create(name, ratio));

    [Fact]
    public void Registry_KnowsItsNames_AndSaysThemWhenAskedForAnother()
    {
        foreach (var name in BlendPolicies.Names)
            Assert.NotEmpty(BlendPolicies.Create(name, 0.25).Name);
        Assert.Contains("0.25", BlendPolicies.Parse("cacheblend:0.25").Name);
        Assert.Contains("0.15", BlendPolicies.Parse("random").Name);
        Assert.Contains(string.Join(", ", BlendPolicies.Names), Assert.Throws<FormatException>(() => BlendPolicies.Parse("cacheblnd:0.1")).Message);
        Assert.Contains("is no number", Assert.Throws<FormatException>(() => BlendPolicies.Parse("cacheblend:many")).Message);
        Assert.Contains("0 to 1", Assert.Throws<FormatException>(() => BlendPolicies.Parse("cacheblend:15")).Message);
        Assert.Contains("naive-unrotated", Assert.Throws<ArgumentException>(() => BlendPolicies.Create("", 0.1)).Message);
    }

    private static (BlendSpan[] Spans, float[] Deviation, float[] Mass) Case(int seed)
    {
        var random = new Random(seed);
        var spans = Snapshots.Spans(random.Next(5), [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => random.Next(1, 90))]);
        var rows = spans.Sum(span => span.Length);
        for (var i = 0; i < spans.Length && seed % 2 == 0; i++)
        {
            var scores = Enumerable.Range(0, spans[i].Length).Select(_ => random.NextSingle()).ToArray();
            spans[i] = spans[i] with { Context = Snapshots.Context(random.NextDouble(), scores, (random.Next(3), 10, random.NextDouble()), (random.Next(3), 9, random.NextDouble())) };
        }

        // Coarse values, so that there are ties, and now and then no number.
        return (spans, Values(), Values());

        float[] Values() => [.. Enumerable.Range(0, rows).Select(_ => random.Next(40) == 0 ? float.NaN : random.Next(6) / 4f)];
    }
}

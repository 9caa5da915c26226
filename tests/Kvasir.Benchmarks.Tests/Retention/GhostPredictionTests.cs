using Kvasir.Benchmarks.Retention;
using Kvasir.KvCache.Retention.Ghost;
using Xunit.Abstractions;

namespace Kvasir.Benchmarks.Tests.Retention;

/// <summary>The ghost index against tiers with LRU on the traces of the benchmark.</summary>
public class GhostPredictionTests(ITestOutputHelper output)
{
    private static readonly double[] Fractions = [0.02, 0.05, 0.1, 0.2, 0.4, 0.8];

    public static TheoryData<string> Names => [.. RetentionBenchmark.Traces];

    [Theory]
    [MemberData(nameof(Names))]
    public void AllKeys_GiveTheRateOfTheTier(string name)
    {
        var trace = RetentionBenchmark.Create(name, 7, 1_500);
        Check(trace, RetentionBenchmark.Observe(trace, new GhostIndexOptions()), 0.005);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Sample_IsWithinTwoPointsOfTheTier(string name)
    {
        var trace = RetentionBenchmark.Create(name, 8, 6_000);
        var index = RetentionBenchmark.Observe(trace, new GhostIndexOptions { MaxObjects = 1_024 });
        Assert.True(index.Status.SamplingRate < 0.1, $"{index.Status.SamplingRate} of the keys are sampled");
        Check(trace, index, 0.02);
    }

    private void Check(RetentionTrace trace, GhostIndex index, double allowed)
    {
        foreach (var fraction in Fractions)
        {
            var bytes = (long)(fraction * trace.UniqueChunks) * RetentionTrace.ChunkBytes;
            var rate = (double)RetentionBenchmark.FoundChunks(trace, "lru", bytes) / trace.AskedChunks;
            output.WriteLine($"{fraction}: {index.Predict(bytes):F4} for {rate:F4}, {index.Status.SamplingRate:F3} of the keys sampled");
            Assert.True(Math.Abs(index.Predict(bytes) - rate) <= allowed, $"{trace.Name}, {fraction}: {index.Predict(bytes):F4} was predicted, {rate:F4} found");
        }
    }
}

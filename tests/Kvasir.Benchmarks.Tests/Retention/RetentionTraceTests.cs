using Kvasir.Benchmarks.Retention;
using Kvasir.KvCache.Identity;

namespace Kvasir.Benchmarks.Tests.Retention;

public class RetentionTraceTests
{
    public static TheoryData<string> Names => [.. RetentionBenchmark.Traces];

    [Theory]
    [MemberData(nameof(Names))]
    public void Traces_AreChains_InOrderOfTime_AndTheSameForTheSameSeed(string name)
    {
        var trace = RetentionBenchmark.Create(name, 5, 400);
        Assert.Equal(400, trace.Requests.Count);
        var before = new Dictionary<BlockKey, BlockKey?>();
        var seconds = 0.0;
        foreach (var request in trace.Requests)
        {
            Assert.True(request.Seconds >= seconds);
            seconds = request.Seconds;
            Assert.Equal(request.PromptTokens / RetentionTrace.ChunkTokens, request.Chunks.Count);
            for (var i = 0; i < request.Chunks.Count; i++)
            {
                BlockKey? parent = i == 0 ? null : request.Chunks[i - 1];
                Assert.True(before.TryAdd(request.Chunks[i], parent) || before[request.Chunks[i]] == parent, "a chunk stands behind two others");
            }
        }

        var again = RetentionBenchmark.Create(name, 5, 400);
        Assert.Equal(trace.Requests.SelectMany(request => request.Chunks), again.Requests.SelectMany(request => request.Chunks));
        Assert.NotEqual(trace.AskedChunks, RetentionBenchmark.Create(name, 6, 400).AskedChunks);
        Assert.True(trace.AskedChunks > 1.5 * trace.UniqueChunks, "something is asked for again");
    }

    [Fact]
    public void UnknownTrace_IsAnsweredWithAllNames() =>
        Assert.Contains("agent", Assert.Throws<ArgumentException>(() => RetentionBenchmark.Create("x", 1, 1)).Message, StringComparison.Ordinal);
}

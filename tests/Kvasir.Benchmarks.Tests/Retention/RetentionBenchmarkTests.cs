using Kvasir.Benchmarks.Retention;
using Kvasir.KvCache.Retention.Objects;

namespace Kvasir.Benchmarks.Tests.Retention;

public class RetentionBenchmarkTests
{
    [Fact]
    public void Report_HasEveryPolicyAtEverySize_BelowTheBound()
    {
        var report = RetentionBenchmark.Run(new RetentionBenchmarkOptions { Quick = true, Traces = ["rag"] });
        Assert.False(report.Interrupted);
        Assert.Equal((CachePolicies.Names.Count + 1) * 3, report.Rows.Count);
        Assert.Equal(3, report.Ghost.Count);
        foreach (var size in report.Rows.GroupBy(row => row.Bytes))
        {
            var bound = size.Single(row => row.Policy == RetentionBenchmark.Bound).HitRate;
            Assert.All(size, row => Assert.InRange(row.HitRate, 0.01, bound));
        }

        foreach (var policy in report.Rows.Where(row => row.Policy is "lru" or RetentionBenchmark.Bound).GroupBy(row => row.Policy))
            Assert.Equal(policy.Select(row => row.HitRate).Order(), policy.Select(row => row.HitRate));
    }

    [Fact]
    public void Cancelled_ReturnsWhatItHas()
    {
        using var cancelled = new CancellationTokenSource();
        var report = RetentionBenchmark.Run(new RetentionBenchmarkOptions { Quick = true, Traces = ["rag"] }, new CancelAfter(cancelled, 2), cancelled.Token);
        Assert.True(report.Interrupted);
        Assert.Equal(CachePolicies.Names.Count + 1, report.Rows.Count);
    }

    private sealed class CancelAfter(CancellationTokenSource source, int reports) : IProgress<string>
    {
        private int _left = reports;

        public void Report(string value)
        {
            if (--_left == 0)
                source.Cancel();
        }
    }
}

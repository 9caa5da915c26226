using Kvasir.Benchmarks.Measures;
using Kvasir.Benchmarks.Rag;
using Kvasir.Benchmarks.Rag.Html;

namespace Kvasir.Benchmarks.Tests.Rag;

public class ReportTests
{
    [Fact]
    public void ThePage_HasEveryLineAndFigure_AndNothingFromElsewhere()
    {
        var report = new RagReport(
            [new Check("cacheblend.emGap15", 1.5, 0.5, 2.5, "points", 30, "a < b"), new Check("one.seed", 2, double.NaN, double.NaN, "times", null, "")],
            [Curve("full", 1, 0.9), Curve("naive", 0, 0.2), Curve("naive-unrotated", 0, 0.1), Curve("cacheblend", 0.15, 0.8), Curve("cacheblend", 0.3, 0.85)],
            [new RagSeries("ttft", "full recomputation", [(1024, 900), (2048, 2000)])],
            Interrupted: false);
        var page = RagPage.Write(report, "a model & more");
        Assert.Contains("a model &amp; more", page, StringComparison.Ordinal);
        Assert.Contains("a &lt; b", page, StringComparison.Ordinal);
        Assert.Contains("full recomputation", page, StringComparison.Ordinal);
        Assert.Contains("naive-unrotated", page, StringComparison.Ordinal);
        Assert.Contains("one seed", page, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http", page, StringComparison.Ordinal);
        Assert.Equal(3, page.Split("<svg").Length - 1);
    }

    [Fact]
    public Task AnUnknownSuite_IsRefused() =>
        Assert.ThrowsAsync<ArgumentException>(() => RagBenchmark.RunAsync(new RagBenchmarkOptions { Model = "none", Suites = ["nonsense"] }));

    private static RagCurve Curve(string policy, double ratio, double exact) =>
        new("CrossChunk 400", policy, ratio, new Interval(exact, exact - 0.1, exact + 0.1), new Interval(1 - exact, 0, 1), 100, ratio);
}

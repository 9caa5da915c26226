using Kvasir.Benchmarks.Compression;
using Kvasir.Benchmarks.Demo;

namespace Kvasir.Benchmarks.Tests.Compression;

public sealed class QuantisedSuiteTests
{
    [Fact]
    public async Task FewerBits_AreFurtherFromTheWholeCache_AndBytesAreWhatTheFormsSay()
    {
        var report = await CompressionBenchmark.RunAsync(new CompressionOptions
        {
            Model = RepositoryFile.Find("models", "kvasir-mini.gguf"),
            Text = DemoSet.ReadDocument(RepositoryFile.Find("demo", "document.txt"))[..5000],
            Suites = ["quantised"],
            Quick = true,
            Prompts = 2,
            Length = 400,
            Threads = 2,
        });
        Assert.False(report.Interrupted);
        var checks = report.Checks.ToDictionary(check => check.Name);
        var change = checks["kv4bit.perplexityChange"];
        Assert.Equal(0.02, change.Baseline);
        Assert.InRange(change.Value, change.Low, change.High);
        Assert.True(checks["kv8bit.kl"].Value < checks["kivi4.kl"].Value);
        Assert.True(checks["kivi4.kl"].Value < checks["kv4bit.kl"].Value);
        Assert.True(checks["kv4bit.kl"].Value < checks["kivi2.kl"].Value);
        var whole = checks["kv4bit.bytesPerToken"].Baseline!.Value;
        Assert.Equal(9.0 / 32, checks["kv4bit.bytesPerToken"].Value / whole, 0.005);
        Assert.Equal(9.0 / 16, checks["kv8bit.bytesPerToken"].Value / whole, 0.005);

        // Of 511 rows 352 are packed in 5 bits of 16; every row has a position of four bytes a layer.
        Assert.Equal(((352 * 5 / 16.0) + 159) / 511, checks["kivi4.bytesPerToken"].Value / whole, 0.01);
        Assert.All(report.Curves.GroupBy(curve => (curve.Policy, curve.Budget)), same => Assert.Single(same));
        var projected = report.Curves.Where(curve => curve.Policy.StartsWith("palu", StringComparison.Ordinal)).ToDictionary(curve => curve.Policy);
        Assert.True(projected["palu4"].Kl < projected["palu"].Kl);
        Assert.All(projected.Values, curve => Assert.Equal(projected["palu"].Bytes, curve.Bytes, 0.01));
        Assert.All(report.Curves.Where(curve => curve.Policy.Contains('+', StringComparison.Ordinal)), curve => Assert.InRange(curve.Bytes, 0.06, 0.56)); // long lanes pack more of their rows than a budget counts with
        Assert.Contains(report.Curves, curve => curve.Policy == "snapkv+kivi2");
        Assert.True(checks["quantised.klOf.snapkv+kivi4.vs.snapkv"].Value < 0);
    }
}

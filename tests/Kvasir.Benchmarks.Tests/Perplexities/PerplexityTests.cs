using Kvasir.Benchmarks.Perplexities;

namespace Kvasir.Benchmarks.Tests.Perplexities;

public sealed class PerplexityTests : IDisposable
{
    private readonly TestModel _model = new();

    private PerplexityOptions Options => new()
    {
        Model = _model.Path,
        Text = string.Concat(Enumerable.Repeat("It had rained all morning, and the anchor was still wet. ", 20)),
        ContextTokens = 40,
        JudgedTokens = 10,
        Pieces = 2,
        Threads = 1,
    };

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task WaysAreComparedWithTheWholeCache_OnTheSameTokens()
    {
        var report = await PerplexityBenchmark.RunAsync(Options with { Policies = ["fresh", "bf16", "f32"] });
        Assert.Equal(["full", "fresh", "bf16", "f32"], report.Rows.Select(row => row.Policy));
        Assert.All(report.Rows, row => Assert.Equal(20, row.Tokens));

        // Nothing of the whole cache is lost by computing afresh; shorter numbers lose a little.
        Assert.Equal((0, 0, 1), (report.Rows[1].Kl, report.Rows[1].Change, report.Rows[1].Agreement));
        Assert.InRange(report.Rows[2].Kl, 1e-12, 0.1);
        Assert.True(report.Rows[3].Kl < report.Rows[2].Kl);
        Assert.Equal(2, report.Rows[3].Bytes / report.Rows[0].Bytes, 6);

        // A random model guesses among all its tokens.
        Assert.InRange(report.Rows[0].Perplexity, 100, 5000);
    }

    [Fact]
    public async Task ATextThatIsShorterThanAPiece_IsRefused() =>
        await Assert.ThrowsAsync<ArgumentException>(() => PerplexityBenchmark.RunAsync(Options with { Text = "short" }));
}

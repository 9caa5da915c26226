using Kvasir.Benchmarks.Needle;

namespace Kvasir.Benchmarks.Tests.Needle;

public class NeedleTests
{
    [Fact]
    public void TheKey_LiesAtItsDepth_AndTheTextFits()
    {
        foreach (var depth in (double[])[0, 0.5, 1])
        {
            var text = NeedleText.Create(3, 1000, depth, Words);
            Assert.InRange(Words(text.Context), 970, 1000);
            var at = text.Context.IndexOf(text.Key, StringComparison.Ordinal);
            Assert.InRange((double)at / text.Context.Length, depth - 0.15, depth + 0.15);
            Assert.Equal(text, NeedleText.Create(3, 1000, depth, Words));
            Assert.NotEqual(text.Key, NeedleText.Create(4, 1000, depth, Words).Key);
        }

        Assert.Throws<ArgumentException>(() => NeedleText.Create(3, 10, 0, Words));
    }

    [Fact]
    public async Task TheBundledModel_FindsTheKey_InAShortText()
    {
        var report = await NeedleBenchmark.RunAsync(new NeedleOptions
        {
            Model = RepositoryFile.Find("models", "kvasir-mini.gguf"),
            Lengths = [300],
            Depths = [0.5],
            Samples = 3,
            Policies = ["full", "q8_0"],
            Threads = 2,
        });
        Assert.Equal(["full", "q8_0"], report.Cells.Select(cell => cell.Policy));
        Assert.All(report.Cells, cell => Assert.Equal(1, cell.Score));
    }

    [Fact]
    public async Task ADepthOutsideTheText_IsRefused() => await Assert.ThrowsAsync<ArgumentException>(() =>
        NeedleBenchmark.RunAsync(new NeedleOptions { Model = RepositoryFile.Find("models", "kvasir-mini.gguf"), Depths = [1.5] }));

    private static int Words(string text) => text.Split(' ').Length;
}

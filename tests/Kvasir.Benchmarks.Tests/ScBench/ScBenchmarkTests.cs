using Kvasir.Benchmarks.Rag.Workloads;
using Kvasir.Benchmarks.ScBench;
using Kvasir.Benchmarks.ScBench.Driving;
using Kvasir.Benchmarks.ScBench.Html;
using Kvasir.Benchmarks.ScBench.Tasks;
using Kvasir.Benchmarks.ScBench.Workloads;
using Kvasir.Engine;

namespace Kvasir.Benchmarks.Tests.ScBench;

public sealed class ScBenchmarkTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kvasir-scbench-").FullName;

    private static readonly ScBenchOptions Options = new()
    {
        Model = RepositoryFile.Find("models", "kvasir-mini.gguf"),
        Quick = true,
        Sessions = 1,
        Tasks = ["kv"],
        Policies = ["full", "fresh", "q8_0"],
        Threads = 2,
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task TheBundledModel_FindsValues_FromAFrozenCacheAsAfresh_AndTheCostsAddUp()
    {
        var report = await ScBenchmark.RunAsync(Options);
        Assert.False(report.Interrupted);
        Assert.Equal(3 * 2 * 6, report.Rows.Count); // policies, modes, turns and their mean
        Assert.All(report.Rows.Where(row => row.Policy == "full"), row => Assert.True(row is { Valid: true, Score: 1 }, $"{row}"));
        Assert.Equal(1, report.Checks.Single(check => check.Name == "reuse.sameTokens").Value);
        foreach (var cost in (string[])["cost.bytesWritten", "cost.bytesFound", "cost.tokensSampled"])
            Assert.InRange(report.Checks.Single(check => check.Name == cost).Value, 0.98, 1.02);

        // Scales are counted: 8-bit values with a 32-bit scale for 32 of them take 9/16 of 16-bit ones.
        var full = report.Rows.First(row => row.Policy == "full");
        var quantised = report.Rows.First(row => row.Policy == "q8_0" && row.Mode == full.Mode);
        Assert.Equal(9.0 / 16, quantised.Bytes / full.Bytes, 6);
        Assert.Equal(9.0 / 16, quantised.Budget, 6);
        var page = ScPage.Write(report, "a <model>");
        Assert.Contains("a &lt;model&gt;", page, StringComparison.Ordinal);
        Assert.Contains("<polyline", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain(ScPage.Void, page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ScForm.Small)]
    [InlineData(ScForm.Full)]
    public void EveryTask_FitsAThousandTokensOfTheBundledModel_AndItsTurnsTheContextBehindThem(ScForm form)
    {
        using var engine = KvasirEngine.Load(Options.Model, new EngineOptions { KvBudgetBytes = 16 << 20, Threads = 1 });
        var frame = PromptFrame.Of(engine);
        foreach (var task in ScTasks.Of(form))
        {
            var session = ScFitter.Fit(task, 1, ScBenchmark.LeastLength, text => frame.Encode(text).Length);
            Assert.InRange(frame.Encode(session.Prefix).Length, 0.8 * ScBenchmark.LeastLength, ScBenchmark.LeastLength);
            Assert.True(ScSessionDriver.MostTokens(frame, session) <= engine.MaxContext, task.Name);
        }
    }

    [Fact]
    public async Task ARunThatWasEnded_GoesOnWhereItStopped_AndComesToTheSame()
    {
        var state = Path.Combine(_folder, "state.jsonl");
        var options = Options with { Policies = ["full"], State = state, Tasks = ["many-shot"] };
        using var cancellation = new CancellationTokenSource();
        var seen = new StopAfterFirst(cancellation);
        var part = await ScBenchmark.RunAsync(options, seen, cancellation.Token);
        Assert.True(part.Interrupted);
        Assert.Single(part.Rows.Select(row => row.Mode).Distinct());
        Assert.Equal(2, File.ReadAllLines(state).Length);

        await File.AppendAllTextAsync(state, "{\"task\": \"many-s"); // cut off
        var rest = new StopAfterFirst(null);
        var whole = await ScBenchmark.RunAsync(options, rest);
        Assert.Equal(1, rest.Lines);
        Assert.Equal((await ScBenchmark.RunAsync(options with { State = null })).Rows, whole.Rows);
        Assert.Equal(3, File.ReadAllLines(state).Length);
        await Assert.ThrowsAsync<InvalidDataException>(() => ScBenchmark.RunAsync(options with { Seed = 9 }));
    }

    [Fact]
    public async Task OwnAnswers_InTheHistory_AreEndedByHand()
    {
        var report = await ScBenchmark.RunAsync(Options with { Policies = ["full"], Modes = [ScMode.MultiTurnOwn] });
        Assert.All(report.Rows, row => Assert.Equal(1, row.Score));
    }

    [Fact]
    public async Task ContextsThatDoNotFit_AreRefused()
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(() => ScBenchmark.RunAsync(Options with { Lengths = [8100], Policies = ["full"] }));
        Assert.Contains("shorten --length", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => ScBenchmark.RunAsync(Options with { Lengths = [500] }));
        await Assert.ThrowsAsync<ArgumentException>(() => ScBenchmark.RunAsync(Options with { Policies = ["none"] }));
        await Assert.ThrowsAsync<ArgumentException>(() => ScBenchmark.RunAsync(Options with { Budgets = [0] }));
    }

    private sealed class StopAfterFirst(CancellationTokenSource? cancellation) : IProgress<string>
    {
        public int Lines { get; private set; }

        public void Report(string value)
        {
            Lines++;
            cancellation?.Cancel();
        }
    }
}

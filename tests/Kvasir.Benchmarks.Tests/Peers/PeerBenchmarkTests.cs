using Kvasir.Benchmarks.Peers;

namespace Kvasir.Benchmarks.Tests.Peers;

public sealed class PeerBenchmarkTests(TestModel model) : IClassFixture<TestModel>
{
    [Fact]
    public async Task KvasirAndAPeer_AreMeasuredOnEveryCheckThatFitsTheModel()
    {
        var report = await RunAsync([FakePeer.Write(model.Folder, "steady", FakePeer.Steady)], ["prefill128", "prefill512", "decode0", "decodeBatch4"]);
        Assert.Equal(["prefill128", "decode0", "decodeBatch4"], report.Checks.Select(check => check.Name));
        Assert.Equal([128, 20, 20], report.Checks.Select(check => check.Peer));
        Assert.All(report.Checks, check =>
        {
            Assert.Equal("steady", check.PeerName);
            Assert.True(check.Kvasir > 0 && check.KvasirBest >= check.Kvasir);
            Assert.Equal(check.Kvasir / check.Peer, check.Ratio);
            Assert.Contains(check.KvasirThreads!.Value, new[] { 1, 2 });
        });
        Assert.Equal([("steady", "9")], report.Peers);
        Assert.Contains(report.LeftOut, reason => reason.StartsWith("prefill512 is left out", StringComparison.Ordinal));
        Assert.False(report.Interrupted);
    }

    [Fact]
    public async Task TheFasterOfTwoPeers_IsTheOneThatCounts()
    {
        var slow = FakePeer.Write(model.Folder, "a-slow", FakePeer.Steady.Replace("500", "2000", StringComparison.Ordinal));
        var report = await RunAsync([slow, FakePeer.Write(model.Folder, "b-fast", FakePeer.Steady)], ["decode0"]);
        Assert.Equal(("b-fast", 20), (report.Checks[0].PeerName, report.Checks[0].Peer));
    }

    [Fact]
    public async Task APeerOfSomeChecks_StaysAwayFromTheOthers()
    {
        var some = FakePeer.Write(model.Folder, "some", FakePeer.Steady.Replace("500", "100", StringComparison.Ordinal)) with { Checks = ["decode0"] };
        var report = await RunAsync([FakePeer.Write(model.Folder, "whole", FakePeer.Steady), some], ["decode0", "decodeBatch1"]);
        Assert.Equal([("some", 100), ("whole", 20)], report.Checks.Select(check => (check.PeerName!, check.Peer!.Value)));
    }

    [Fact]
    public async Task APeerThatFails_IsLeftOutWithItsReason_AndKvasirGoesOn()
    {
        const string Failing = """
            echo '{"ready":true,"version":"9"}'
            read -r line; echo '{"firstMs":1000,"restMs":500,"tokens":10}'
            read -r line; echo '{"error":"out of memory"}'
            read -r line; exit 3
            """;
        var report = await RunAsync([FakePeer.Write(model.Folder, "failing", Failing)], ["decode0", "decodeBatch1"]);
        Assert.All(report.Checks, check =>
        {
            Assert.True(check.Kvasir > 0);
            Assert.Contains("out of memory", check.Note, StringComparison.Ordinal);
        });
        Assert.Null(report.Checks[1].Peer);
    }

    [Theory]
    [InlineData("echo 'cannot open the model' >&2; exit 7", "it ended with 7: cannot open the model")]
    [InlineData("echo hello", "hello")]
    public async Task APeerThatCannotLoadTheModel_IsLeftOutWithItsReason(string script, string reason)
    {
        var report = await RunAsync([FakePeer.Write(model.Folder, "broken", script)], ["decode0"]);
        Assert.Contains(report.LeftOut, line => line.StartsWith("broken is left out", StringComparison.Ordinal) && line.Contains(reason, StringComparison.Ordinal));
        Assert.True(Assert.Single(report.Checks).Kvasir > 0);
    }

    [Fact]
    public async Task AMissingPeer_IsReportedWithItsInstallCommand()
    {
        var peer = FakePeer.Write(model.Folder, "absent", "") with { Needs = "node_modules", Install = "npm ci" };
        var report = await RunAsync([peer], ["decode0"]);
        Assert.Equal([$"absent is left out: it is not installed; run: cd {peer.Folder} && npm ci"], report.LeftOut);
        Assert.Empty(report.Peers);
    }

    [Fact]
    public async Task ARunThatIsEnded_ReportsWhatWasMeasured()
    {
        using var end = new CancellationTokenSource();
        var progress = new Listener(line =>
        {
            if (line.StartsWith("prefill128:", StringComparison.Ordinal))
                end.Cancel();
        });
        var report = await PeerBenchmark.RunAsync(Options([FakePeer.Write(model.Folder, "ended", FakePeer.Steady)], ["prefill128", "decode0"]), progress, end.Token);
        Assert.True(report.Interrupted);
        Assert.Equal(["prefill128"], report.Checks.Select(check => check.Name));
    }

    [Fact]
    public async Task FreshProcesses_AreStartedForMemoryAndStart()
    {
        // It stands for kvasir itself: it generates when told to, and takes turns otherwise.
        var script = model.Write("fake-kvasir.sh", $"""
            if [ "$1" = generate ]; then echo word; exit 0; fi
            {FakePeer.Steady}
            """);
        var options = Options([FakePeer.Write(model.Folder, "fresh", FakePeer.Steady)], [MemoryCheck.Name, StartCheck.Name]) with { Program = ["sh", script] };
        var report = await PeerBenchmark.RunAsync(options, progress: null, CancellationToken.None);
        Assert.Equal([MemoryCheck.Name, StartCheck.Name], report.Checks.Select(check => check.Name));
        Assert.All(report.Checks, check => Assert.True(check.Kvasir > 0 && check.Peer > 0 && check.PeerName == "fresh", check.ToString()));
        Assert.InRange(report.Checks[0].LimitFraction!.Value, 0.000001, 1);
    }

    [Fact]
    public async Task AKvasirThatCannotStart_IsSaid()
    {
        var options = Options([], [StartCheck.Name]) with { Program = ["sh", "-c", "echo no such model >&2; exit 1"] };
        var report = await PeerBenchmark.RunAsync(options, progress: null, CancellationToken.None);
        Assert.Empty(report.Checks);
        Assert.Contains(report.LeftOut, reason => reason.Contains("no such model", StringComparison.Ordinal));
        Assert.Contains(report.LeftOut, reason => reason.StartsWith("there is no peer", StringComparison.Ordinal));
    }

    private Task<PeerReport> RunAsync(IReadOnlyList<PeerDefinition> peers, IReadOnlyList<string> checks) =>
        PeerBenchmark.RunAsync(Options(peers, checks), progress: null, CancellationToken.None);

    private PeerBenchmarkOptions Options(IReadOnlyList<PeerDefinition> peers, IReadOnlyList<string> checks) => new()
    {
        Model = model.Path,
        Peers = peers,
        Checks = checks,
        Quick = true,
        Threads = [1, 2],
        Pause = TimeSpan.Zero,
        MeasureLimits = false,
    };

    private sealed class Listener(Action<string> heard) : IProgress<string>
    {
        public void Report(string value) => heard(value);
    }
}

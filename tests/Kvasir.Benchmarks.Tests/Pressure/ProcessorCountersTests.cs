using Kvasir.Benchmarks.Pressure;

namespace Kvasir.Benchmarks.Tests.Pressure;

public sealed class ProcessorCountersTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("kvasir-proc-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void BusyTime_IsThatOfTheAllowedProcessors_WithoutIdleAndDeviceWaits()
    {
        const string Stat = """
            cpu  9999 9999 9999 9999 9999 9999 9999 9999 0 0
            cpu0 100 10 20 5000 7 3 4 50 0 0
            cpu1 200 0 0 5000 0 0 0 1 0 0
            cpu2 400 0 0 5000 0 0 0 2 0 0
            intr 5
            """;
        Assert.Equal((137 + 400, 52), ProcessorCounters.ParseStat(Stat, new HashSet<int> { 0, 2 }));
        Assert.Equal((137 + 200 + 400, 53), ProcessorCounters.ParseStat(Stat, null));
    }

    [Theory]
    [InlineData("Name:\tx\nCpus_allowed_list:\t0-2,5\n", new[] { 0, 1, 2, 5 })]
    [InlineData("Cpus_allowed_list:\t7", new[] { 7 })]
    public void AllowedProcessors_AreRangesAndNumbers(string status, int[] processors) =>
        Assert.Equal(processors, ProcessorCounters.AllowedProcessors(status)!.Order());

    [Theory]
    [InlineData("Name:\tx\n")]
    [InlineData("Cpus_allowed_list:\tall")]
    public void AllowedProcessors_AreUnknownWhereTheyAreNotSaid(string status) => Assert.Null(ProcessorCounters.AllowedProcessors(status));

    [Fact]
    public void SomeIsTheTotalInSeconds()
    {
        Assert.Equal(2.5, ProcessorCounters.ParseSome("some avg10=1.00 avg60=0.00 avg300=0.00 total=2500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=9\n"));
        Assert.Null(ProcessorCounters.ParseSome("nothing of the kind"));
    }

    [Fact]
    public void AProcessNamedToConfuse_IsStillRead()
    {
        const string Stat = "42 (a) b ( 1 2) S 1 42 42 0 -1 4194560 100 0 0 0 11 22 300 4000 20 0 1 0";
        Assert.Equal(33, ProcessorCounters.ParseProcess(Stat, withEndedChildren: false));
        Assert.Equal(4333, ProcessorCounters.ParseProcess(Stat, withEndedChildren: true));
    }

    [Fact]
    public void OwnTime_IsThisProcessItsEndedChildrenAndLivePeers()
    {
        Write("proc/stat", "cpu0 1000 0 0 0 0 0 0 0 0 0\n");
        Write("proc/self/status", "Cpus_allowed_list:\t0\n");
        Write("proc/self/stat", "1 (k) S 1 1 1 0 -1 0 0 0 0 0 100 0 20 0 0 0 1 0");
        Write("proc/77/stat", "77 (node) S 1 1 1 0 -1 0 0 0 0 0 300 4 999 999 0 0 1 0");
        var reading = new ProcessorCounters(_root).Read([77, 78])!.Value;
        Assert.Equal(10, reading.BusySeconds);
        Assert.Equal(4.24, reading.OwnSeconds, 6);
        Assert.Null(reading.SomeSeconds);
    }

    [Fact]
    public void WithoutCounters_NothingIsKnown()
    {
        var counters = new ProcessorCounters(_root);
        Assert.Null(counters.Read([]));
        var meter = new PressureMeter();
        meter.Add(counters.Read([]), counters.Read([]));
        Assert.Equal("unknown", meter.Share().Verdict);
    }

    private void Write(string path, string text)
    {
        var full = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}

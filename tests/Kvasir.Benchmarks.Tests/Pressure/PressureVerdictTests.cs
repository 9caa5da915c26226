using Kvasir.Benchmarks.Peers;
using Kvasir.Benchmarks.Pressure;

namespace Kvasir.Benchmarks.Tests.Pressure;

public sealed class PressureVerdictTests
{
    [Fact]
    public void OwnThreadsThatWaitForEachOther_DoNotDisturb()
    {
        var share = Share(seconds: 10, busy: 20.1, own: 20, steal: 0, some: 6);
        Assert.Equal(0.6, share.Some!.Value, 6);
        Assert.Equal("valid", share.Verdict);
    }

    [Fact]
    public void OthersOnProcessorsThatNobodyMisses_DoNotDisturb() =>
        Assert.Equal("valid", Share(seconds: 10, busy: 15, own: 10, steal: 0, some: 0.1).Verdict);

    [Fact]
    public void OthersThatComputeWhileSomebodyWaits_Disturb()
    {
        var share = Share(seconds: 10, busy: 20, own: 18, steal: 0, some: 1);
        Assert.Equal(0.1, share.FromOthers!.Value, 6);
        Assert.Equal("disturbed", share.Verdict);
    }

    [Fact]
    public void AHypervisorThatTakesProcessors_Disturbs() =>
        Assert.Equal("disturbed", Share(seconds: 10, busy: 19, own: 19, steal: 0.6, some: 0).Verdict);

    [Fact]
    public void WithoutTheKernelsPressure_TheVerdictIsUnknown() =>
        Assert.Equal("unknown", Share(seconds: 10, busy: 19, own: 19, steal: 0, some: null).Verdict);

    [Fact]
    public void CoarseTicks_NeverMakeLessThanNothing() => Assert.Equal(0, Share(seconds: 1, busy: 1.98, own: 2, steal: 0, some: 0).Others);

    [Fact]
    public void Windows_AddUp()
    {
        var meter = new PressureMeter();
        meter.Add(default(ProcessorReading) with { SomeSeconds = 0 }, new ProcessorReading(1, 2, 0, 2, 0));
        var other = new PressureMeter();
        other.Add(new ProcessorReading(5, 10, 0, 4, 0), new ProcessorReading(6, 11, 0.5, 4, 1));
        meter.Add(other);
        var share = meter.Share();
        Assert.Equal((2, 0.5, 0.5, 0.25), (share.Seconds, share.Some, share.Others, share.Steal));
    }

    [Fact]
    public void OneDisturbedCheck_MakesTheRunInvalid_OneUnknownMakesItUnknown()
    {
        var quiet = new PressureShare(100, 0, 0, 0);
        var disturbed = new PressureShare(1, 0.2, 0.2, 0);
        var unknown = new PressureShare(1, null, null, null);
        Assert.True(Report(quiet, quiet).Valid);
        Assert.False(Report(quiet, quiet, disturbed, unknown).Valid);
        Assert.Null(Report(quiet, quiet, unknown).Valid);
        Assert.False(Report(disturbed).Valid);
        Assert.False((Report(quiet, quiet) with { LimitsPressure = disturbed }).Valid);
    }

    private static PressureShare Share(double seconds, double busy, double own, double steal, double? some)
    {
        var meter = new PressureMeter();
        meter.Add(
            new ProcessorReading(100, 1000, 10, 500, some is null ? null : 50),
            new ProcessorReading(100 + seconds, 1000 + busy, 10 + steal, 500 + own, 50 + some));
        return meter.Share();
    }

    private static PeerReport Report(PressureShare whole, params PressureShare[] checks) => new()
    {
        Machine = MachineDescription.Of(),
        Pressure = whole,
        Peers = [],
        LeftOut = [],
        Checks = [.. checks.Select(share => new PeerCheck { Name = "x", Unit = "tokens/s", Pressure = share })],
    };
}

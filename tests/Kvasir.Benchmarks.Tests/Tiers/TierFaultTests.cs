using Kvasir.Benchmarks.Tiers.Faults;

namespace Kvasir.Benchmarks.Tests.Tiers;

public sealed class TierFaultTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kvasir-faults-");

    [Fact]
    public void FailingTiers_GiveNoWrongAnswerAndHoldNothing()
    {
        var report = TierFaultBenchmark.Run(_folder.FullName, operations: 6000, seed: 11);
        Assert.Equal((0L, 0L, 0L, 0L), (report.WrongAnswers, report.LeakedPins, report.LeakedBytes, report.Hangs));
        Assert.True(report is { Loads: > 100, FailedLoads: > 10, Restarts: > 0, FaultsInjected: > 100 }, report.ToString());
        Assert.Equal(report.FaultsInjected, report.FaultsDetected + report.FaultsEvaporated);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}

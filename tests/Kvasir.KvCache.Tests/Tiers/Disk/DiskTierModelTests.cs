namespace Kvasir.KvCache.Tests.Tiers.Disk;

/// <summary>Random operations against a tier that is only a dictionary, with a sound medium and with a failing one.</summary>
public sealed class DiskTierModelTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Tier_AgreesWithItsModel(int seed)
    {
        using var run = new DiskTierRun(seed, faultRate: 0);
        for (var i = 0; i < 6_000; i++)
            run.Step(i);
        run.Finish();
    }

    [Theory]
    [InlineData(11, 40)]
    [InlineData(12, 10)]
    [InlineData(13, 4)]
    public void OnAFailingMedium_NothingWrongIsRead_AndNothingLeaks(int seed, int faultRate)
    {
        using var run = new DiskTierRun(seed, faultRate);
        for (var i = 0; i < 6_000; i++)
            run.Step(i);
        run.Finish();
        Assert.True(run.Faults > 200, $"only {run.Faults} faults");
    }
}

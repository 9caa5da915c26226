using Kvasir.Benchmarks.Fuzzing;

namespace Kvasir.Benchmarks.Tests;

public sealed class FuzzerTests
{
    private static bool Slow => Environment.GetEnvironmentVariable("KVASIR_SLOW_TESTS") == "1";

    [Fact]
    public void RandomSchedules_GiveTheBitsOfColdRuns()
    {
        var report = Fuzzer.Run(new FuzzOptions
        {
            Seed = 20261126,
            Duration = TimeSpan.FromMinutes(Slow ? 10 : 5),
            MaxSchedules = Slow ? long.MaxValue : 150,
            Models = [RepositoryFile.Find("tests", "Fixtures", "llama_rope3")],
        });
        Assert.True(report.Mismatches == 0, report.FirstMismatch);
        Assert.Equal(0, report.LeakedBlocks);
        Assert.True(report.RowsCompared > 10_000, $"only {report.RowsCompared} rows were compared");
        Assert.True(report.ReusedRows > 0 && report.Preemptions > 0 && report.Cancellations > 0 && report.Forks > 0 && report.AdapterRequests > 0 && report.CompressedRows > 0, $"a kind of event is missing: {report}");
    }

    [Fact]
    public void WaysOfKeepingAndReadingLess_MeetInOneRequest_AndChangeNoBit()
    {
        // Whether a tier has rows when they are asked for is a matter of luck: rare pairs may take more than one round.
        var pairs = new Dictionary<string, long>();
        for (var round = 0; round < 6 && (round == 0 || pairs.Values.Any(count => count == 0) || pairs.Values.Sum() <= 1000); round++)
        {
            var report = Fuzzer.Run(new FuzzOptions
            {
                Seed = 20261128 + round,
                Combines = true,
                Duration = TimeSpan.FromMinutes(5),
                MaxSchedules = 450,
                Models = [RepositoryFile.Find("tests", "Fixtures", "llama_rope3")],
            });
            Assert.True(report.Mismatches == 0, report.FirstMismatch);
            Assert.Equal(0, report.LeakedBlocks);
            foreach (var (pair, count) in report.Pairs)
                pairs[pair] = pairs.GetValueOrDefault(pair) + count;
        }

        Assert.All(pairs, pair => Assert.True(pair.Value > 0, $"no sequence had {pair.Key}"));
        Assert.True(pairs.Values.Sum() > 1000, $"only {pairs.Values.Sum()} pairs of ways met");
    }

    [Theory]
    [InlineData(Sabotage.SplitK)]
    [InlineData(Sabotage.TileByBatch)]
    [InlineData(Sabotage.RopeOffByOne)]
    [InlineData(Sabotage.SkipCow)]
    [InlineData(Sabotage.StaleTail)]
    [InlineData(Sabotage.EarlyFree)]
    [InlineData(Sabotage.AdapterScope)]
    public void PlantedFault_IsFound(Sabotage sabotage)
    {
        var report = Fuzzer.Run(new FuzzOptions { Seed = 7, Sabotage = sabotage, Duration = TimeSpan.FromSeconds(60), StopAtMismatch = true });
        Assert.True(report.Mismatches > 0, $"{sabotage} was not found in {report.Schedules} schedules");
    }
}

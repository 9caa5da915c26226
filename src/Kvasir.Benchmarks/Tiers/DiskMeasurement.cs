using Kvasir.Engine.Tiers;
using Kvasir.KvCache.Tiers;

namespace Kvasir.Benchmarks.Tiers;

/// <summary>Restoring from files: with the files in the page cache, and without.</summary>
internal static class DiskMeasurement
{
    /// <param name="Warm">With the files in the page cache.</param>
    /// <param name="WarmBytesPerSecond">How fast the same files can be read from it.</param>
    /// <param name="ColdTtft">Time to first token when they have to come from the medium, seconds.</param>
    /// <param name="Unverified">With the files in the page cache and no row verified.</param>
    internal sealed record Result(RestoreMeasurement.Result Warm, RestoreMeasurement.Result Unverified, double WarmBytesPerSecond, double ColdTtft);

    public static async Task<Result> RunAsync(
        TierBenchmarkOptions options, double bytesPerToken, int tokens, CancellationToken cancellation)
    {
        var bandwidth = 0.0;
        var warm = await RestoreMeasurement.RunAsync(
            options, bytesPerToken, tokens, Tiers(options, "warm"), _ =>
            {
                if (bandwidth == 0)
                    bandwidth = MediumMeter.ReadFiles(Files(options, "warm"));
                return Task.CompletedTask;
            },
            cancellation).ConfigureAwait(false);
        var unverified = await RestoreMeasurement.RunAsync(
            options, bytesPerToken, tokens, Tiers(options, "unverified") with { VerifyRows = 0 }, null, cancellation).ConfigureAwait(false);
        var cold = await RestoreMeasurement.RunAsync(
            options, bytesPerToken, tokens, Tiers(options, "cold"), _ =>
            {
                PageCache.Drop(Files(options, "cold"));
                return Task.CompletedTask;
            },
            cancellation).ConfigureAwait(false);
        return new Result(warm, unverified, bandwidth, cold.Ttft);
    }

    private static TierOptions Tiers(TierBenchmarkOptions options, string name) => new()
    {
        Disk = new DiskTierSettings { Folder = Path.Combine(options.Folder, name) },
        Scrub = false,
        Moves = new KvTierOptions { MaxPendingStores = 64 },
    };

    private static string[] Files(TierBenchmarkOptions options, string name) =>
        Directory.GetFiles(Path.Combine(options.Folder, name), "*.kv", SearchOption.AllDirectories);
}

using Kvasir.Benchmarks.Virtual;
using Kvasir.Engine.Tiers;
using Kvasir.KvCache.Tiers;

namespace Kvasir.Benchmarks.Tiers;

/// <summary>What keeping KV outside the pool is worth, and what it costs.</summary>
public static class TierBenchmark
{
    /// <summary>A load is near the medium's bandwidth when it takes at most so many times as long as the bare copy.</summary>
    private const double BoundFactor = 1.3;

    private const int AnswerTokens = 64;

    private const string Unverified = "rows not verified, which verify.costDecodeSteps tells";

    /// <summary>Runs the benchmark.</summary>
    /// <param name="options">What to measure.</param>
    /// <param name="report">Gets every figure as it is known.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<IReadOnlyList<TierCheck>> RunAsync(
        TierBenchmarkOptions options, Action<TierCheck>? report = null, CancellationToken cancellation = default)
    {
        var checks = new List<TierCheck>();
        var (bytesPerToken, maxContext) = await TierSession.ShapeAsync(options).ConfigureAwait(false);
        var tokens = Math.Min(options.ContextTokens, maxContext - AnswerTokens);
        var bytes = (long)(tokens * bytesPerToken);

        var host = Host(2 * bytes);
        var restored = await RestoreMeasurement.RunAsync(options, bytesPerToken, tokens, host, null, cancellation).ConfigureAwait(false);
        var bandwidth = MediumMeter.Copy(restored.Bytes);
        var equal = restored.BitsEqual;

        var trusting = await RestoreMeasurement.RunAsync(options, bytesPerToken, tokens, host with { VerifyRows = 0 }, null, cancellation).ConfigureAwait(false);
        Add("verify.costDecodeSteps", (restored.Ttft - trusting.Ttft) / trusting.PoolHit, "decode steps", 1.5, at => at <= 1.5,
            $"{host.VerifyRows} rows: {Milliseconds(restored.Ttft)} with, {Milliseconds(trusting.Ttft)} without; a step takes {Milliseconds(trusting.PoolHit)}");

        Bound("restoreHost.ttftOverBound", trusting, bandwidth, $"copying memory; {Unverified}");
        Bound("restoreHost.verifiedOverBound", restored, bandwidth, "copying memory", counts: false);
        var disk = await DiskMeasurement.RunAsync(options, bytesPerToken, tokens, cancellation).ConfigureAwait(false);
        Bound("restoreDisk.ttftOverBound", disk.Unverified, disk.WarmBytesPerSecond, $"reading the files from the page cache; {Unverified}");
        Bound("restoreDisk.verifiedOverBound", disk.Warm, disk.WarmBytesPerSecond, "reading the files from the page cache", counts: false);
        Add("restoreDisk.coldTtftMs", disk.ColdTtft * 1000, "ms", disk.Warm.Recompute * 1000, null,
            "the files dropped from the page cache before; baseline: computing the rows");
        Add("restore.bitsEqual", equal && disk.Warm.BitsEqual ? 1 : 0, "bool", 1, at => at == 1, "all logits of all restored answers");

        var set = Host((long)(5 * options.PoolTokens * bytesPerToken));
        var tiered = await WorkingSetMeasurement.RunAsync(options, bytesPerToken, set, reuse: true, cancellation).ConfigureAwait(false);
        var poolOnly = await WorkingSetMeasurement.RunAsync(options, bytesPerToken, null, reuse: true, cancellation).ConfigureAwait(false);
        var recomputed = await WorkingSetMeasurement.RunAsync(options, bytesPerToken, null, reuse: false, cancellation).ConfigureAwait(false);
        Add("workingSet4x.vsRecompute", recomputed / tiered, "x", recomputed * 1000, at => at >= 5, $"second round's mean TTFT {Milliseconds(tiered)}; baseline in ms");
        Add("workingSet4x.vsPoolOnly", poolOnly / tiered, "x", poolOnly * 1000, at => at >= 1.5, "baseline in ms");

        var piped = await PipelineMeasurement.RunAsync(options, bytesPerToken, tokens, cancellation).ConfigureAwait(false);
        Add("pipeline.ttftOverLonger", piped.Ttft / Math.Max(piped.Load, piped.Compute), "x", 1.1, at => at <= 1.1,
            $"TTFT {Milliseconds(piped.Ttft)} over a link that needs {Milliseconds(piped.Load)}, computing the question takes {Milliseconds(piped.Compute)}");

        var interference = await LoadInterference.RunAsync(options, bytesPerToken, tokens, host, cancellation).ConfigureAwait(false);
        Add("load.tbtGrowth", (interference.Loading / interference.Quiet) - 1, "share", 0.15, at => at < 0.15,
            $"{interference.Samples} tokens while loading, {Milliseconds(interference.Loading)} against {Milliseconds(interference.Quiet)}; loading may take {host.Moves.BusyShare:P0} of a processor");
        MapFraction();
        return checks;

        void MapFraction()
        {
            if (!OperatingSystem.IsLinux())
                return;
            using var steps = new StepSuite(options.Model, quick: true);
            steps.Mapping(check =>
            {
                cancellation.ThrowIfCancellationRequested();
                if (check.Name == "virtual.criticalPathMapFraction")
                    Add(check.Name, check.Value, "of the step", check.Baseline!.Value, _ => check.Kept == true, "contiguous KV; the baseline maps without a worker ('bench virtual' has all of it)");
            });
        }

        void Bound(string name, RestoreMeasurement.Result result, double bytesPerSecond, string medium, bool counts = true)
        {
            var bound = (BoundFactor * result.Bytes / bytesPerSecond) + result.PoolHit;
            Add(name, result.Ttft / bound, "x", 1, counts ? at => at <= 1 : null,
                $"TTFT {Milliseconds(result.Ttft)}, bound {Milliseconds(bound)}: {BoundFactor} x {result.Bytes / 1e6:0} MB at {bytesPerSecond / 1e9:0.0} GB/s ({medium}) + {Milliseconds(result.PoolHit)} for a pool hit; computing takes {Milliseconds(result.Recompute)}");
        }

        void Add(string name, double value, string unit, double baseline, Func<double, bool>? passes, string? note)
        {
            var check = new TierCheck(name, value, unit, baseline, passes?.Invoke(value), note);
            checks.Add(check);
            report?.Invoke(check);
        }
    }

    private static TierOptions Host(long bytes) => new()
    {
        HostBytes = bytes,
        Scrub = false, // it would use the time between two measurements, and the machine
        Moves = new KvTierOptions { MaxPendingStores = 64 },
    };

    private static string Milliseconds(double seconds) => $"{seconds * 1000:0.0} ms";
}

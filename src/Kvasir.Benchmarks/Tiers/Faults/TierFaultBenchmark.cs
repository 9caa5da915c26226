namespace Kvasir.Benchmarks.Tiers.Faults;

/// <summary>Random operations on tiers that fail: what must never happen is counted.</summary>
public static class TierFaultBenchmark
{
    /// <summary>Runs the operations.</summary>
    /// <param name="folder">Where the disk tier's files go.</param>
    /// <param name="operations">How many.</param>
    /// <param name="seed">Gives the same operations; what threads make of them may differ.</param>
    /// <param name="progress">Gets the number of operations done, now and then.</param>
    /// <param name="cancellation">Ends it.</param>
    public static TierFaultReport Run(string folder, long operations, int seed, Action<long>? progress = null, CancellationToken cancellation = default)
    {
        using var run = new TierFaultRun(folder, seed);
        return run.Run(operations, progress, cancellation);
    }
}

namespace Kvasir.Benchmarks.Compression;

/// <summary>Compression of the KV cache against the whole one, at equal rows, and what it saves.</summary>
public static class CompressionBenchmark
{
    private static readonly (string Name, Func<CompressionOptions, CompressionLog, CancellationToken, Task> Run)[] Known =
    [
        ("layers", LayerSuite.RunAsync),
        ("profile", ProfileSuite.RunAsync),
        ("heads", HeadSuite.RunAsync),
        ("merge", MergeSuite.RunAsync),
        ("lazy", LazySuite.RunAsync),
        ("quantised", QuantisedSuite.RunAsync),
        ("sparse", SparseSuite.RunAsync),
        ("orderings", OrderingSuite.RunAsync),
        ("recall", RecallSuite.RunAsync),
        ("cascade", CascadeSuite.RunAsync),
        ("selection", SelectionSuite.RunAsync),
        ("decode", DecodeSuite.RunAsync),
        ("throughput", ThroughputSuite.RunAsync),
    ];

    /// <summary>The suites.</summary>
    public static IReadOnlyList<string> Suites { get; } = [.. Known.Select(suite => suite.Name)];

    /// <summary>Runs them. When cancelled it returns what it has so far.</summary>
    public static async Task<CompressionReport> RunAsync(CompressionOptions options, IProgress<string>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var log = new CompressionLog(progress);
        var interrupted = false;
        try
        {
            foreach (var (name, run) in Known)
            {
                if (options.Suites.Count > 0 && !options.Suites.Contains(name))
                    continue;
                progress?.Report($"suite {name}");
                await run(options, log, cancellation).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            interrupted = true;
        }

        return new CompressionReport(log.Checks, log.Curves, interrupted);
    }
}

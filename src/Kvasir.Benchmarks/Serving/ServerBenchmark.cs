namespace Kvasir.Benchmarks.Serving;

/// <summary>Measures the real server: throughput, churn, schemas, masks and starts.</summary>
public static class ServerBenchmark
{
    /// <summary>Runs all suites, each against a fresh server.</summary>
    /// <exception cref="InvalidOperationException">The server did not start.</exception>
    public static async Task<ServerBenchmarkReport> RunAsync(ServerBenchmarkOptions options, IProgress<string>? progress, CancellationToken cancellation)
    {
        var checks = new List<BenchmarkCheck>();
        progress?.Report("starts");
        checks.AddRange(await StartSuite.RunAsync(options, progress, cancellation).ConfigureAwait(false));
        progress?.Report("masks");
        checks.AddRange(MaskSuite.Run(options, cancellation));
        progress?.Report("throughput");
        checks.AddRange(await WithServerAsync(server => ThroughputSuite.RunAsync(server, options, cancellation)).ConfigureAwait(false));
        progress?.Report("schemas");
        checks.AddRange(await WithServerAsync(server => new SchemaSuite(server, options, progress).RunAsync(cancellation)).ConfigureAwait(false));
        progress?.Report("churn");
        checks.AddRange(await WithServerAsync(server => new ChurnSuite(server, options, progress).RunAsync(cancellation)).ConfigureAwait(false));
        return new ServerBenchmarkReport(checks);

        async Task<IReadOnlyList<BenchmarkCheck>> WithServerAsync(Func<ServerUnderTest, Task<IReadOnlyList<BenchmarkCheck>>> run)
        {
            await using var server = await ServerUnderTest.StartAsync(options, progress, cancellation).ConfigureAwait(false);
            return await run(server).ConfigureAwait(false);
        }
    }
}

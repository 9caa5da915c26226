namespace Kvasir.Benchmarks.Serving;

/// <summary>Measures the real server: throughput, churn, schemas, masks and starts.</summary>
public static class ServerBenchmark
{
    /// <summary>The suites in their order.</summary>
    public static IReadOnlyList<string> Suites { get; } = ["starts", "masks", "throughput", "schemas", "churn"];

    /// <summary>Runs suites, each against a fresh server.</summary>
    /// <exception cref="InvalidOperationException">The server did not start.</exception>
    public static async Task<ServerBenchmarkReport> RunAsync(ServerBenchmarkOptions options, IProgress<string>? progress, CancellationToken cancellation)
    {
        var checks = new List<BenchmarkCheck>();
        foreach (var suite in Suites.Where(options.Suites.Contains))
        {
            progress?.Report(suite);
            checks.AddRange(suite switch
            {
                "starts" => await StartSuite.RunAsync(options, progress, cancellation).ConfigureAwait(false),
                "masks" => MaskSuite.Run(options, cancellation),
                "throughput" => await WithServerAsync(server => ThroughputSuite.RunAsync(server, options, cancellation)).ConfigureAwait(false),
                "schemas" => await WithServerAsync(server => new SchemaSuite(server, options, progress).RunAsync(cancellation)).ConfigureAwait(false),
                _ => await WithServerAsync(server => new ChurnSuite(server, options, progress).RunAsync(cancellation)).ConfigureAwait(false),
            });
        }

        return new ServerBenchmarkReport(checks);

        async Task<IReadOnlyList<BenchmarkCheck>> WithServerAsync(Func<ServerUnderTest, Task<IReadOnlyList<BenchmarkCheck>>> run)
        {
            await using var server = await ServerUnderTest.StartAsync(options, progress, cancellation).ConfigureAwait(false);
            return await run(server).ConfigureAwait(false);
        }
    }
}

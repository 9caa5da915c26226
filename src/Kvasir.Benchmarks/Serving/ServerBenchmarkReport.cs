namespace Kvasir.Benchmarks.Serving;

/// <summary>What came out.</summary>
/// <param name="Checks">In the order of the suites.</param>
public sealed record ServerBenchmarkReport(IReadOnlyList<BenchmarkCheck> Checks);

using Kvasir.Benchmarks.Measures;

namespace Kvasir.Benchmarks.Compression;

/// <summary>What <see cref="CompressionBenchmark"/> measured.</summary>
/// <param name="Checks">Figures, in the order of the suites.</param>
/// <param name="Curves">Quality by policy and budget.</param>
/// <param name="Interrupted">True when it was ended before all was measured.</param>
public sealed record CompressionReport(IReadOnlyList<Check> Checks, IReadOnlyList<CompressionCurve> Curves, bool Interrupted);

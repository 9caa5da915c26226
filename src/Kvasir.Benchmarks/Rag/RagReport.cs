using Kvasir.Benchmarks.Measures;

namespace Kvasir.Benchmarks.Rag;

/// <summary>What <see cref="RagBenchmark"/> measured.</summary>
/// <param name="Checks">Figures, in the order of the suites.</param>
/// <param name="Curves">Quality and time by policy and share of repaired rows.</param>
/// <param name="Series">Further lines to plot.</param>
/// <param name="Interrupted">True when it was ended before all was measured.</param>
public sealed record RagReport(IReadOnlyList<Check> Checks, IReadOnlyList<RagCurve> Curves, IReadOnlyList<RagSeries> Series, bool Interrupted);

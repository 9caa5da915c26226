using Kvasir.Benchmarks.Measures;

namespace Kvasir.Benchmarks.ScBench;

/// <summary>What <see cref="ScBenchmark"/> measured.</summary>
/// <param name="Rows">Scores.</param>
/// <param name="Costs">Costs by stage.</param>
/// <param name="Checks">Figures.</param>
/// <param name="Interrupted">True when it was ended before all was measured.</param>
public sealed record ScReport(IReadOnlyList<ScRow> Rows, IReadOnlyList<ScCost> Costs, IReadOnlyList<Check> Checks, bool Interrupted);

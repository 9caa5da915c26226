using Kvasir.Benchmarks.Measures;

namespace Kvasir.Benchmarks.Agents;

/// <summary>What <see cref="AgentBenchmark"/> measured.</summary>
/// <param name="Checks">Figures, in the order of the suites.</param>
/// <param name="Curves">Reuse and agreement by γ, V and way of reuse; means over seeds.</param>
/// <param name="Interrupted">True when it was ended before all was measured.</param>
public sealed record AgentReport(IReadOnlyList<Check> Checks, IReadOnlyList<AgentCurve> Curves, bool Interrupted);

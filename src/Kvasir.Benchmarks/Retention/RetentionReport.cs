namespace Kvasir.Benchmarks.Retention;

/// <summary>What <see cref="RetentionBenchmark"/> measured.</summary>
/// <param name="Rows">By trace, policy and memory.</param>
/// <param name="Ghost">By trace and memory.</param>
/// <param name="Interrupted">True when it was ended before all was measured.</param>
public sealed record RetentionReport(IReadOnlyList<RetentionRow> Rows, IReadOnlyList<GhostRow> Ghost, bool Interrupted);

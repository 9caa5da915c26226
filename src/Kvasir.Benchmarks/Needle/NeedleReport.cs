namespace Kvasir.Benchmarks.Needle;

/// <summary>What <see cref="NeedleBenchmark"/> measured.</summary>
/// <param name="Cells">By policy, length and depth.</param>
/// <param name="Interrupted">True when it was ended before all was measured.</param>
public sealed record NeedleReport(IReadOnlyList<NeedleCell> Cells, bool Interrupted);

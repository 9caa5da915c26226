namespace Kvasir.Benchmarks.Tiers;

/// <summary>One figure of the benchmark.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">What was measured.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Baseline">What it is compared with: a bound for values with a limit, the simplest alternative's figure otherwise.</param>
/// <param name="Passed">Whether the target is met; null when there is none.</param>
/// <param name="Note">What one must know to read it, or null.</param>
public sealed record TierCheck(string Name, double Value, string Unit, double Baseline, bool? Passed, string? Note);

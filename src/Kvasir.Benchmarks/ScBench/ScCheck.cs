namespace Kvasir.Benchmarks.ScBench;

/// <summary>One figure.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Baseline">What it is held against; null where there is nothing.</param>
/// <param name="Note">What one must know to read it.</param>
public sealed record ScCheck(string Name, double Value, string Unit, double? Baseline, string Note);

namespace Kvasir.Benchmarks.Serving;

/// <summary>Something that was measured.</summary>
/// <param name="Name">Its name, e.g. <c>start.ttftMs</c>.</param>
/// <param name="Value">What came out.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Baseline">What it is held against; null where there is nothing.</param>
public sealed record BenchmarkCheck(string Name, double Value, string Unit, double? Baseline);

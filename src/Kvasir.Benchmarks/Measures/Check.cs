namespace Kvasir.Benchmarks.Measures;

/// <summary>One figure of a benchmark.</summary>
/// <param name="Name">Its name, e.g. <c>cacheblend.emGap15</c>.</param>
/// <param name="Value">Mean over seeds or cases.</param>
/// <param name="Low">Lower end of the 95 % interval; NaN where there is none.</param>
/// <param name="High">Upper end.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Baseline">The same figure of the simplest alternative, or the bound that it is held against; null where there is none.</param>
/// <param name="Note">What one must know to read it.</param>
public sealed record Check(string Name, double Value, double Low, double High, string Unit, double? Baseline, string Note);

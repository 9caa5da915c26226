namespace Kvasir.Benchmarks.ScBench.State;

/// <summary>A judged answer.</summary>
/// <param name="Part">Half of a mixed task, or empty.</param>
/// <param name="Score">From 0 to 1.</param>
/// <param name="Digest">Stands for the answer's tokens: equal tokens, equal digests.</param>
internal readonly record struct ScTurnResult(string Part, double Score, string Digest);

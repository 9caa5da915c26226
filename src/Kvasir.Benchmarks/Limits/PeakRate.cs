namespace Kvasir.Benchmarks.Limits;

/// <summary>What a loop reached.</summary>
/// <param name="Name">The loop's instruction.</param>
/// <param name="OperationsPerSecond">A multiplication and its addition are two.</param>
internal readonly record struct PeakRate(string Name, double OperationsPerSecond);

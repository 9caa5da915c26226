namespace Kvasir.Benchmarks.Retention;

/// <summary>What the ghost index said of a tier with LRU, and what such a tier found.</summary>
/// <param name="Trace">Name of the trace.</param>
/// <param name="MemoryFraction">Memory as a share of all different chunks of the trace.</param>
/// <param name="Bytes">Memory.</param>
/// <param name="Predicted">Hit rate that the index says.</param>
/// <param name="Simulated">Hit rate of the tier.</param>
/// <param name="SamplingRate">Share of the keys that the index tracked at the end.</param>
public sealed record GhostRow(string Trace, double MemoryFraction, long Bytes, double Predicted, double Simulated, double SamplingRate);

namespace Kvasir.Benchmarks.Retention;

/// <summary>What a policy found with so much memory.</summary>
/// <param name="Trace">Name of the trace.</param>
/// <param name="Policy">Name of the policy; <see cref="RetentionBenchmark.Bound"/> for the bound.</param>
/// <param name="MemoryFraction">Memory as a share of all different chunks of the trace.</param>
/// <param name="Bytes">Memory.</param>
/// <param name="HitRate">Share of the tokens in whole chunks that were found.</param>
public sealed record RetentionRow(string Trace, string Policy, double MemoryFraction, long Bytes, double HitRate);

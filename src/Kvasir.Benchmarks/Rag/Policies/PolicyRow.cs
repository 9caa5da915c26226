using Kvasir.KvCache.Blending;

namespace Kvasir.Benchmarks.Rag.Policies;

/// <summary>A line of the comparison.</summary>
/// <param name="Name">Name of the policy or baseline.</param>
/// <param name="Ratio">Share of the reused rows that it repairs.</param>
/// <param name="Policy">The policy; null for a baseline that does not blend.</param>
/// <param name="Salt">Where its chunks are.</param>
internal sealed record PolicyRow(string Name, double Ratio, IBlendPolicy? Policy, ReadOnlyMemory<byte> Salt);

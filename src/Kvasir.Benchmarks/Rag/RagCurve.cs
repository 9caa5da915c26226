using Kvasir.Benchmarks.Measures;

namespace Kvasir.Benchmarks.Rag;

/// <summary>What a policy gave at a share of repaired rows.</summary>
/// <param name="Workload">What was asked, and how long the prompts were.</param>
/// <param name="Policy">Name of the policy or baseline.</param>
/// <param name="RecomputeRatio">Share of the reused rows that was computed again: 0 for none, 1 for full recomputation.</param>
/// <param name="ExactMatch">Share of right answers.</param>
/// <param name="FirstTokenKl">Divergence of the first token's distribution from full recomputation, nats.</param>
/// <param name="TtftMs">Mean time to the first token.</param>
/// <param name="TokenLayerShare">Computed rows times layers, as a share of those of full recomputation.</param>
public sealed record RagCurve(
    string Workload, string Policy, double RecomputeRatio, Interval ExactMatch, Interval FirstTokenKl, double TtftMs, double TokenLayerShare);

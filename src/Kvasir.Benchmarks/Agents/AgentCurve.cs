namespace Kvasir.Benchmarks.Agents;

/// <summary>A point of a curve.</summary>
/// <param name="Curve">Which: <c>gamma</c>, <c>capacity</c>, or <c>variant</c>.</param>
/// <param name="Policy">The way of reuse.</param>
/// <param name="X">γ or V; NaN for variants.</param>
/// <param name="ReuseRate">Share of the calls that were predicted.</param>
/// <param name="TokenShare">Share of the prompt tokens that were predicted.</param>
/// <param name="Agreement">Share of the predicted calls whose answer is that of the dense run.</param>
/// <param name="FirstTokenKl">Divergence of the first token's distribution from the dense run, nats.</param>
/// <param name="RowError">Relative error of the rows behind the role in all layers but the first; NaN where it was not measured.</param>
public sealed record AgentCurve(string Curve, string Policy, double X, double ReuseRate, double TokenShare, double Agreement, double FirstTokenKl, double RowError);

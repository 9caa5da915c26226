namespace Kvasir.Benchmarks.Rag.Suites;

/// <summary>One answer of one line.</summary>
/// <param name="Exact">1 when it was right.</param>
/// <param name="Kl">First-token divergence from full recomputation, nats.</param>
/// <param name="TtftMs">Time to the first token.</param>
/// <param name="TokenLayerShare">Rows times layers computed, of those of full recomputation.</param>
/// <param name="RepairedShare">Share of the reused rows that was computed again.</param>
internal readonly record struct QualitySample(double Exact, double Kl, double TtftMs, double TokenLayerShare, double RepairedShare);

namespace Kvasir.Benchmarks.Perplexities;

/// <summary>What <see cref="PerplexityBenchmark"/> measured.</summary>
/// <param name="Rows">The whole cache first.</param>
/// <param name="Pieces">Pieces of the text that were read by all of them.</param>
/// <param name="Interrupted">True when it was ended before all was measured.</param>
public sealed record PerplexityReport(IReadOnlyList<PerplexityRow> Rows, int Pieces, bool Interrupted);

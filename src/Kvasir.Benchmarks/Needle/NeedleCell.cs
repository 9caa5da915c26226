namespace Kvasir.Benchmarks.Needle;

/// <summary>How often a needle was found.</summary>
/// <param name="Policy">How keys and values were kept.</param>
/// <param name="Budget">Bytes that were allowed, as a share of the whole cache in 16 bits.</param>
/// <param name="Length">Tokens of the context.</param>
/// <param name="Depth">Where the needle lay, 0 to 1.</param>
/// <param name="Score">Share of contexts in which it was found.</param>
/// <param name="Samples">Contexts.</param>
public sealed record NeedleCell(string Policy, double Budget, int Length, double Depth, double Score, int Samples);

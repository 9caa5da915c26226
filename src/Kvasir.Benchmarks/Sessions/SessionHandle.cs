namespace Kvasir.Benchmarks.Sessions;

/// <summary>An encoded context whose cache is frozen: questions go on from it, and nothing of them is kept.</summary>
/// <param name="Tokens">The context.</param>
/// <param name="ResidentBytes">Bytes that its keys and values hold, scales and indices included.</param>
/// <param name="Rows">Rows of it that a decode step reads in the mean over layers and heads: its tokens where nothing is dropped.</param>
/// <param name="Costs">What encoding cost.</param>
internal sealed record SessionHandle(int[] Tokens, long ResidentBytes, double Rows, StageCosts Costs);

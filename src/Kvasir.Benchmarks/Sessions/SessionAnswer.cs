namespace Kvasir.Benchmarks.Sessions;

/// <summary>An answer to a question behind an encoded context.</summary>
/// <param name="Tokens">Its tokens, without the one that ended it.</param>
/// <param name="Text">Its text.</param>
/// <param name="Costs">What it cost.</param>
internal sealed record SessionAnswer(int[] Tokens, string Text, StageCosts Costs);

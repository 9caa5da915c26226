namespace Kvasir.Engine.Receipts;

/// <summary>What came of running a receipt again, cold.</summary>
/// <param name="TokensCompared">Tokens of the receipt that were run again.</param>
/// <param name="FirstDifference">Index of the first logits row or token that differs; -1 when all bits are equal.</param>
public sealed record ReplayResult(int TokensCompared, int FirstDifference)
{
    /// <summary>True when every logits row and every token was the same.</summary>
    public bool BitsEqual => FirstDifference < 0;
}

namespace Kvasir.Benchmarks.Demo;

/// <summary>One answer and what it cost.</summary>
/// <param name="Text">The answer.</param>
/// <param name="TimeToFirstToken">From the question to the first token.</param>
/// <param name="PromptTokens">Tokens of document and question.</param>
/// <param name="ReusedTokens">Prompt tokens whose keys and values were there already.</param>
public sealed record DemoRun(string Text, TimeSpan TimeToFirstToken, int PromptTokens, int ReusedTokens)
{
    /// <summary>Prompt tokens that had to be computed.</summary>
    public int ComputedTokens => PromptTokens - ReusedTokens;
}

namespace Kvasir.Benchmarks.Peers;

/// <summary>One thing to time: some prompts at once, and as many answers of a fixed length.</summary>
/// <param name="Prompts">Token ids of each prompt; all of one length.</param>
/// <param name="Answer">Tokens of each answer; the first one ends the prefill.</param>
/// <param name="Threads">Threads to compute with.</param>
/// <param name="Reuse">True when keys and values of the same prompts may be left from the turn before: only the answers matter.</param>
public sealed record Turn(IReadOnlyList<int[]> Prompts, int Answer, int Threads, bool Reuse)
{
    /// <summary>Tokens of all prompts.</summary>
    public int PromptTokens => Prompts.Sum(prompt => prompt.Length);

    /// <summary>Tokens that the longest sequence holds at its end.</summary>
    public int Context => Prompts.Max(prompt => prompt.Length) + Answer;
}

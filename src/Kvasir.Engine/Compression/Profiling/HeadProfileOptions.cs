namespace Kvasir.Engine.Compression.Profiling;

/// <summary>How a model's heads are measured.</summary>
public sealed record HeadProfileOptions
{
    /// <summary>K: random tokens that are repeated (2,500 in the paper; fewer for small models and contexts).</summary>
    public int BlockTokens { get; init; } = 256;

    /// <summary>Times that they stand there.</summary>
    public int Repeats { get; init; } = 4;

    /// <summary>Shortest needle prompt in tokens.</summary>
    public int ShortestPrompt { get; init; } = 512;

    /// <summary>Longest one; never more than the model's context.</summary>
    public int LongestPrompt { get; init; } = 2048;

    /// <summary>Lengths between them, both included.</summary>
    public int Lengths { get; init; } = 4;

    /// <summary>Depths of the needle for each length.</summary>
    public int Depths { get; init; } = 5;

    /// <summary>Most tokens of an answer.</summary>
    public int AnswerTokens { get; init; } = 24;

    /// <summary>Rows that a layer keeps while its error is measured.</summary>
    public int ErrorBudget { get; init; } = 32;

    /// <summary>Seed of random tokens and needles; another seed gives needles that share nothing.</summary>
    public int Seed { get; init; } = 1;
}

namespace Kvasir.Models;

/// <summary>
/// How a model makes a vector of a text, as its files say: <c>modules.json</c> of sentence-transformers and what it names, or the pooling type of
/// a GGUF file.
/// </summary>
public sealed record EmbeddingSettings
{
    /// <summary>How rows become a vector; null when the files do not say.</summary>
    public EmbeddingPooling? Pooling { get; init; }

    /// <summary>Vectors are scaled to Euclidean length 1; null when the files do not say.</summary>
    public bool? Normalize { get; init; }

    /// <summary>Most tokens of a text, those around it included; null for the model's context.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Texts are put in lower case first.</summary>
    public bool Lowercase { get; init; }

    /// <summary>What stands before texts of a purpose, by its name (<c>query</c>, <c>document</c> …).</summary>
    public IReadOnlyDictionary<string, string> Prompts { get; init; } = new Dictionary<string, string>();

    /// <summary>The purpose of texts that come without one; null for none.</summary>
    public string? DefaultPrompt { get; init; }

    /// <summary>What the files ask for and Kvasir does not do, so that its vectors would be others; null when there is nothing.</summary>
    public string? Unsupported { get; init; }
}

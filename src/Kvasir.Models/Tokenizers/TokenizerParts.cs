namespace Kvasir.Models;

/// <summary>What a tokenizer is made of.</summary>
internal sealed class TokenizerParts
{
    public required Vocabulary Vocabulary { get; init; }

    public IReadOnlyList<AddedToken> Added { get; init; } = [];

    public TextNormalizer? Normalizer { get; init; }

    /// <summary>The first step from normalized text to tokens.</summary>
    public required WordStep Words { get; init; }

    public required TokenDecoder Decoder { get; init; }

    /// <summary>Tokens before a text of its own.</summary>
    public IReadOnlyList<int> Prefix { get; init; } = [];

    /// <summary>Tokens behind a text of its own.</summary>
    public IReadOnlyList<int> Suffix { get; init; } = [];

    /// <summary>How the tokenizer is written in GGUF's own terms; null when these do not say all of it.</summary>
    public ByteLevelForm? ByteLevel { get; init; }

    /// <summary>The tokenizer.json that it was read from, a file of its own or a part of one; null when it was read from something else.</summary>
    public string? JsonPath { get; init; }
}

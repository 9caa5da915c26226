using Kvasir.Models;

namespace Kvasir.Engine.Streaming;

/// <summary>What a token adds to an answer's text.</summary>
internal static class TokenizerText
{
    /// <summary>The token's bytes; none for special tokens that are not kept, which are no text.</summary>
    public static ReadOnlySpan<byte> TextBytes(this Tokenizer tokenizer, int token, IReadOnlySet<int>? keepSpecialTokens = null) =>
        tokenizer.IsSpecial(token) && !(keepSpecialTokens?.Contains(token) ?? false) ? [] : tokenizer.TokenBytes(token);
}

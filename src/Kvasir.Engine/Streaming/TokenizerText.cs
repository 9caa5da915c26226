using Kvasir.Models;

namespace Kvasir.Engine.Streaming;

/// <summary>What a token adds to an answer's text.</summary>
internal static class TokenizerText
{
    /// <summary>The token's bytes; none for special tokens, which are no text.</summary>
    public static ReadOnlySpan<byte> TextBytes(this Tokenizer tokenizer, int token) => tokenizer.IsSpecial(token) ? [] : tokenizer.TokenBytes(token);
}

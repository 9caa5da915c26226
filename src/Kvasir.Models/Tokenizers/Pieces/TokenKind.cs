namespace Kvasir.Models;

/// <summary>What a vocabulary entry is; the values are GGUF's <c>tokenizer.ggml.token_type</c>.</summary>
internal enum TokenKind
{
    Normal = 1,
    Unknown = 2,

    /// <summary>A special token such as the end of a turn.</summary>
    Control = 3,

    /// <summary>An added token that is matched in text as a whole, but means nothing to the protocol.</summary>
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

namespace Kvasir.Models;

/// <summary>How the rows of a text become one vector.</summary>
public enum EmbeddingPooling
{
    /// <summary>The mean over all tokens.</summary>
    Mean,

    /// <summary>The last token's, which in a decoder has seen all others.</summary>
    LastToken,

    /// <summary>The first token's (BERT's [CLS]); of encoders only, whose first token sees all others.</summary>
    FirstToken,
}

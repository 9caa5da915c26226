namespace Kvasir.Engine.Embeddings;

/// <summary>How the rows of a text become one vector.</summary>
public enum EmbeddingPooling
{
    /// <summary>
    /// The mean over all tokens. Every row is computed: the prefix cache holds keys and values, but not the hidden states of the last layer,
    /// which are what is summed.
    /// </summary>
    Mean,

    /// <summary>The last token's, which has seen all others. Rows of a known prefix are reused.</summary>
    LastToken,
}

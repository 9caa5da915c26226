namespace Kvasir.Models;

/// <summary>What a weight does in a decoder, independent of the names in the file.</summary>
public enum WeightRole
{
    /// <summary><c>[vocab, hidden]</c>.</summary>
    TokenEmbedding,

    /// <summary>Norm before the output matrix, <c>[hidden]</c>.</summary>
    OutputNorm,

    /// <summary>Output matrix, <c>[vocab, hidden]</c>; the embedding itself when the two are tied.</summary>
    Output,

    /// <summary>Norm before attention, <c>[hidden]</c>.</summary>
    AttentionNorm,

    /// <summary><c>[queryHeads * headDim, hidden]</c>, half-split rope order.</summary>
    Query,

    /// <summary><c>[kvHeads * headDim, hidden]</c>, half-split rope order.</summary>
    Key,

    /// <summary><c>[kvHeads * headDim, hidden]</c>.</summary>
    Value,

    /// <summary><c>[hidden, queryHeads * headDim]</c>.</summary>
    AttentionOutput,

    QueryBias,
    KeyBias,
    ValueBias,
    AttentionOutputBias,

    /// <summary>Norm before the feed-forward block, <c>[hidden]</c>.</summary>
    FeedForwardNorm,

    /// <summary><c>[intermediate, hidden]</c>.</summary>
    Gate,

    /// <summary><c>[intermediate, hidden]</c>.</summary>
    Up,

    /// <summary><c>[hidden, intermediate]</c>.</summary>
    Down,

    GateBias,
    UpBias,
    DownBias,
}

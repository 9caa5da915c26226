namespace Kvasir.Models;

/// <summary>What a weight does in a model, independent of the names in the file.</summary>
public enum WeightRole
{
    /// <summary><c>[vocab, hidden]</c>.</summary>
    TokenEmbedding,

    /// <summary>Norm before the output matrix, <c>[hidden]</c>.</summary>
    OutputNorm,

    /// <summary>Output matrix, <c>[vocab, hidden]</c>; the embedding itself when the two are tied.</summary>
    Output,

    /// <summary>Norm of attention's input (or of the residual stream behind it), <c>[hidden]</c>.</summary>
    AttentionNorm,

    /// <summary>
    /// <c>[queryHeads * headDim, hidden]</c>, half-split rope order; with latent attention <c>[queryHeads * (rotaryDim + plainDim), rank]</c>,
    /// a head's rotated rows first.
    /// </summary>
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

    /// <summary>Norm of the feed-forward block's input (or of the residual stream behind it), <c>[hidden]</c>.</summary>
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

    /// <summary>Bias of the logits, <c>[vocab]</c>.</summary>
    OutputBias,
    OutputNormBias,

    /// <summary>Learned positions, <c>[context + offset, hidden]</c>.</summary>
    PositionEmbedding,

    /// <summary>Norm of the embedding, <c>[hidden]</c>.</summary>
    EmbeddingNorm,
    EmbeddingNormBias,

    /// <summary>From a narrower embedding, <c>[hidden, embedding]</c>.</summary>
    EmbeddingProjection,

    /// <summary>Back to it, <c>[embedding, hidden]</c>.</summary>
    OutputProjection,

    /// <summary>Learned vectors of the kinds of tokens, <c>[types, hidden]</c> (encoders).</summary>
    TokenTypeEmbedding,

    /// <summary>Dense layer of the head that predicts tokens, <c>[hidden, hidden]</c> (encoders).</summary>
    HeadDense,
    HeadDenseBias,

    /// <summary>Norm behind it, <c>[hidden]</c>.</summary>
    HeadNorm,
    HeadNormBias,
    AttentionNormBias,
    FeedForwardNormBias,

    /// <summary>Norm of attention's output, <c>[hidden]</c>.</summary>
    AttentionOutputNorm,

    /// <summary>Norm of the feed-forward block's output, <c>[hidden]</c>.</summary>
    FeedForwardOutputNorm,

    /// <summary>Norm of queries; see <see cref="ModelConfig.QueryKeyNorm"/>.</summary>
    QueryNorm,

    /// <summary>Norm of keys.</summary>
    KeyNorm,

    /// <summary>Scores that take weight and give nothing, <c>[queryHeads]</c>.</summary>
    Sinks,

    /// <summary>Queries down to their rank, <c>[rank, hidden]</c>.</summary>
    QueryDown,
    QueryDownBias,

    /// <summary>Norm there, <c>[rank]</c>.</summary>
    QueryDownNorm,

    /// <summary>The rotated key and the latent row, in this order, <c>[rotaryDim + rank, hidden]</c>.</summary>
    LatentDown,
    LatentDownBias,

    /// <summary>Norm of the latent row, <c>[rank]</c>.</summary>
    LatentNorm,

    /// <summary>From a head's plain query dimensions to the latent row, <c>[rank, plainDim]</c>; one a head.</summary>
    LatentKey,

    /// <summary>From the latent row to a head's values, <c>[valueDim, rank]</c>; one a head.</summary>
    LatentValue,

    /// <summary>Logits of the experts, <c>[experts, hidden]</c>.</summary>
    Router,
    RouterBias,

    /// <summary>What is added to an expert's score for the choice, <c>[experts]</c>.</summary>
    RouterCorrection,

    /// <summary><c>[width, hidden]</c>; one an expert, like the next five.</summary>
    ExpertGate,
    ExpertUp,

    /// <summary><c>[hidden, width]</c>.</summary>
    ExpertDown,
    ExpertGateBias,
    ExpertUpBias,
    ExpertDownBias,

    /// <summary>The expert of every token, <c>[width, hidden]</c>.</summary>
    SharedGate,
    SharedUp,

    /// <summary><c>[hidden, width]</c>.</summary>
    SharedDown,

    /// <summary>Gate on the shared expert's output, <c>[1, hidden]</c>.</summary>
    SharedExpertGate,

    /// <summary>Input projection of a recurrent mixer: gate, convolved values, steps.</summary>
    MixerInput,
    MixerInputBias,

    /// <summary>Its convolution, <c>[convolutionWidth * kernel]</c>, a channel's taps side by side, the newest last.</summary>
    MixerKernel,
    MixerKernelBias,

    /// <summary>Added to the steps, <c>[heads]</c>; in Mamba <c>[width]</c>.</summary>
    MixerStepBias,

    /// <summary>Logarithm of the decay, <c>[heads]</c>; in Mamba <c>[width, stateSize]</c>.</summary>
    MixerDecay,

    /// <summary>How much of the values passes by the state, <c>[heads]</c>; in Mamba <c>[width]</c>.</summary>
    MixerSkip,

    /// <summary>Gated norm, <c>[width]</c>.</summary>
    MixerNorm,

    /// <summary>Output projection, <c>[hidden, width]</c>.</summary>
    MixerOutput,
    MixerOutputBias,

    /// <summary>From convolved values to what steps come from, input and output vector, <c>[rank + 2 stateSize, width]</c> (Mamba).</summary>
    MixerVectors,

    /// <summary>From there to the steps, <c>[width, rank]</c>.</summary>
    MixerSteps,

    /// <summary>Norm of what steps come from, <c>[rank]</c>.</summary>
    MixerStepNorm,

    /// <summary>Norm of the input vector, <c>[stateSize]</c>.</summary>
    MixerInNorm,

    /// <summary>Norm of the output vector, <c>[stateSize]</c>.</summary>
    MixerOutNorm,
}

using Kvasir.Numerics.Kernels;

namespace Kvasir.Models;

/// <summary>
/// What an encoder is beyond a decoder: every token sees those before and behind it (Devlin et al. 2018), so a text is computed whole, in one
/// step, and nothing of it can be reused in another. A layer's window has half of its tokens on each side.
/// </summary>
public sealed record EncoderConfig
{
    /// <summary>Kinds of tokens, each with a learned vector that is added to the embedding (BERT's segments); 0 for none.</summary>
    public int TokenTypes { get; init; }

    /// <summary>A token that has the learned position before the first and does not count for those behind it (RoBERTa's padding); -1 for none.</summary>
    public int UnplacedToken { get; init; } = -1;

    /// <summary>Attention of the first layer reads the embedding as it is, without a norm of its own (ModernBERT).</summary>
    public bool PlainFirstInput { get; init; }

    /// <summary>There is a head that predicts tokens: a dense layer, a norm and the output matrix. Without it rows give hidden states only.</summary>
    public bool PredictsTokens { get; init; }

    /// <summary>Activation of the head's dense layer.</summary>
    public Activation HeadActivation { get; init; } = Activation.Gelu;
}

using Kvasir.Numerics.Kernels;

namespace Kvasir.Models;

/// <summary>A model's architecture as data: a decoder, or an encoder. What computes a model asks for these features, never for a family's name.</summary>
public sealed record ModelConfig
{
    /// <summary>The family as files name it, e.g. <c>llama</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>Rows of the embedding and of the output matrix.</summary>
    public required int VocabSize { get; init; }

    public required int HiddenSize { get; init; }

    public required int Layers { get; init; }

    public required int QueryHeads { get; init; }

    /// <summary>Divides <see cref="QueryHeads"/>.</summary>
    public required int KvHeads { get; init; }

    public required int HeadDim { get; init; }

    /// <summary>Inner width of the feed-forward block.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Positions that the model was made for, tokens.</summary>
    public required int MaxContext { get; init; }

    /// <summary>Epsilon of the norms.</summary>
    public required float NormEpsilon { get; init; }

    public required RopeConfig Rope { get; init; }

    /// <summary>The rotation of layers that name it (Gemma 3's local layers); null when there is one rotation.</summary>
    public RopeConfig? LocalRope { get; init; }

    /// <summary>What each layer is; empty when all are attention over everything before them, with <see cref="Rope"/>, and a dense block.</summary>
    public IReadOnlyList<LayerConfig> LayerPlan { get; init; } = [];

    /// <summary>The output matrix is the embedding.</summary>
    public bool TiedEmbeddings { get; init; }

    /// <summary>Query, key and value projections have biases (the output projection's is optional).</summary>
    public bool AttentionBias { get; init; }

    /// <summary>The projections of the feed-forward block have biases.</summary>
    public bool MlpBias { get; init; }

    /// <summary>The norm of layers and output.</summary>
    public NormKind Norm { get; init; }

    /// <summary>The norms have biases.</summary>
    public bool NormBias { get; init; }

    /// <summary>The files hold norm weights less 1 (Gemma).</summary>
    public bool NormOffset { get; init; }

    /// <summary>Where a layer norms.</summary>
    public NormPlaces NormPlaces { get; init; } = NormPlaces.Input;

    /// <summary>There is a norm before the output matrix.</summary>
    public bool OutputNorm { get; init; } = true;

    /// <summary>Attention and feed-forward block read the same residual stream, and both are added to it.</summary>
    public bool ParallelResidual { get; init; }

    /// <summary>With <see cref="ParallelResidual"/>: one norm is the input of both.</summary>
    public bool SharedNorm { get; init; }

    /// <summary>The residual stream goes on from the normed input of a block instead of the input (BLOOM's variant).</summary>
    public bool ResidualFromNorm { get; init; }

    public Activation Activation { get; init; }

    /// <summary>The feed-forward block multiplies the activation of one projection with another one.</summary>
    public bool Gated { get; init; } = true;

    public QueryKeyNorm QueryKeyNorm { get; init; }

    /// <summary>The norm of queries and keys.</summary>
    public NormKind QueryKeyNormKind { get; init; }

    /// <summary>Factor on attention scores; null for <c>1 / sqrt(HeadDim)</c>.</summary>
    public float? AttentionScale { get; init; }

    /// <summary>Queries grow with the logarithm of how often their position holds the first context: <c>1 + b ln(1 + floor(p / c))</c> (Llama 4); 0 for not.</summary>
    public float LongQueryScale { get; init; }

    /// <summary>The c of <see cref="LongQueryScale"/>, tokens.</summary>
    public int LongQueryContext { get; init; }

    /// <summary>The factor on a layer's scores is also divided by the layer's number, from 1 (GPT-2's variant).</summary>
    public bool ScaleByLayer { get; init; }

    /// <summary>Attention scores s become <c>cap * tanh(s / cap)</c>; 0 for none.</summary>
    public float AttentionSoftCap { get; init; }

    /// <summary>Logits likewise.</summary>
    public float LogitSoftCap { get; init; }

    /// <summary>Factor on the embedding.</summary>
    public float EmbeddingScale { get; init; } = 1;

    /// <summary>Factor on what a block adds to the residual stream.</summary>
    public float ResidualScale { get; init; } = 1;

    /// <summary>Factor on the logits.</summary>
    public float LogitScale { get; init; } = 1;

    /// <summary>Each head's scores fall with the distance (ALiBi).</summary>
    public bool Alibi { get; init; }

    /// <summary>Factor on the slopes of <see cref="Alibi"/>.</summary>
    public float AlibiScale { get; init; } = 1;

    /// <summary>A learned vector is added to the embedding for each position.</summary>
    public bool LearnedPositions { get; init; }

    /// <summary>Row of <see cref="LearnedPositions"/> that belongs to position 0.</summary>
    public int PositionOffset { get; init; }

    /// <summary>The embedding is normed.</summary>
    public bool EmbeddingNorm { get; init; }

    /// <summary>Width of the embedding where it is not <see cref="HiddenSize"/> and projected (OPT); 0 otherwise.</summary>
    public int EmbeddingSize { get; init; }

    /// <summary>Every head has a score that takes weight and gives nothing (gpt-oss).</summary>
    public bool Sinks { get; init; }

    /// <summary>Mixtures of experts, or null.</summary>
    public ExpertConfig? Experts { get; init; }

    /// <summary>Latent attention, or null.</summary>
    public LatentConfig? Latent { get; init; }

    /// <summary>Recurrent layers, or null.</summary>
    public RecurrentConfig? Recurrent { get; init; }

    /// <summary>What makes it an encoder, or null for a decoder.</summary>
    public EncoderConfig? Encoder { get; init; }

    /// <summary>Low-rank adapters (LoRA) in Llama's names fit its projections.</summary>
    public bool TakesAdapters { get; init; }

    /// <summary>KV heads of the cache: one with latent rows.</summary>
    public int CacheHeads => Latent is null ? KvHeads : 1;

    /// <summary>Dimensions of a cached key and value: of a latent row with its rotated key, where the model has those.</summary>
    public int CacheHeadDim => Latent is { } latent ? latent.RotaryDim + latent.Rank : HeadDim;

    /// <summary>Width of what attention gives to the output projection.</summary>
    public int AttentionWidth => QueryHeads * (Latent?.ValueDim ?? HeadDim);

    /// <summary>The widest inner vector of a feed-forward block.</summary>
    public int WidestFeedForward => Math.Max(IntermediateSize, Math.Max(Experts?.Width ?? 0, Experts?.SharedWidth ?? 0));

    /// <summary>What a layer is.</summary>
    public LayerConfig Layer(int layer) => LayerPlan.Count == 0 ? default : LayerPlan[layer];

    /// <summary>The factor on a layer's attention scores.</summary>
    public float ScoreScale(int layer)
    {
        var scale = AttentionScale ?? (1 / MathF.Sqrt(HeadDim));
        return ScaleByLayer ? scale / (layer + 1) : scale;
    }

    /// <summary>Why keys and values cannot be moved to another position, or null when they can.</summary>
    public string? WhyRowsStay()
    {
        if (Encoder is not null)
            return "it is an encoder, whose rows depend on what comes behind them";
        if (Recurrent is not null)
            return "it has recurrent layers, whose state is of everything before it";
        if (Alibi)
            return "its scores depend on distances (ALiBi), not on rotations";
        if (LearnedPositions)
            return "its positions are learned, and part of every value";
        if (Latent is not null)
            return "its cache holds latent rows";
        if (LocalRope is not null || LayerPlan.Any(layer => layer.Rope != 0))
            return "its layers do not all rotate keys alike";
        return null;
    }
}

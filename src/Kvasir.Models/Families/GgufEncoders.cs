using Kvasir.Numerics.Kernels;

namespace Kvasir.Models;

/// <summary>Encoders in GGUF: BERT and what llama.cpp's converter writes as one (RoBERTa's positions begin at the first row there).</summary>
internal static class GgufEncoders
{
    /// <summary>The architecture's name.</summary>
    public const string Bert = "bert";

    private const string Layer = "blk.{0}.";

    /// <summary>Reads the configuration.</summary>
    public static FamilyModel Read(GgufFile file)
    {
        int hidden = GgufConfig.Required(file, "bert.embedding_length", ConfigLimits.MaxWidth);
        int heads = GgufConfig.Required(file, "bert.attention.head_count", ConfigLimits.MaxHeads);
        int layers = GgufConfig.Required(file, "bert.block_count", ConfigLimits.MaxLayers);
        if (file.Metadata.Bool("bert.attention.causal") == true)
            throw new UnsupportedModelException(file.Path, "bert with causal attention is not supported");
        var kinds = file.Tensors.GetValueOrDefault("token_types.weight");
        return new FamilyModel(
            ConfigLimits.Check(file.Path, new ModelConfig
            {
                Architecture = Bert,
                VocabSize = GgufConfig.Vocabulary(file),
                HiddenSize = hidden,
                Layers = layers,
                QueryHeads = heads,
                KvHeads = heads,
                HeadDim = Math.Max(2, hidden / heads),
                IntermediateSize = GgufConfig.Required(file, "bert.feed_forward_length", ConfigLimits.MaxWidth),
                MaxContext = GgufConfig.Required(file, "bert.context_length", ConfigLimits.MaxContext),
                NormEpsilon = (float)(file.Metadata.Number("bert.attention.layer_norm_epsilon") ?? 1e-12),
                Norm = NormKind.Layer,
                NormBias = true,
                NormPlaces = NormPlaces.Residual,
                OutputNorm = false,
                EmbeddingNorm = true,
                AttentionBias = true,
                MlpBias = true,
                Gated = false,
                Activation = Activation.Gelu,
                LearnedPositions = true,
                Rope = RopeConfig.None,
                LayerPlan = GptFamilies.Unrotated(layers),
                TiedEmbeddings = true,
                Encoder = new EncoderConfig { TokenTypes = kinds is { Shape.Length: 2 } ? (int)Math.Min(kinds.Shape[0], ConfigLimits.MaxVocab) : 0 },
            }),
            Names);
    }

    /// <summary>How rows become a vector (llama.cpp's pooling types), or null when the file does not say.</summary>
    public static EmbeddingSettings? Settings(GgufFile file, string family)
    {
        long? type = file.Metadata.Integer($"{family}.pooling_type");
        return type switch
        {
            1 => new EmbeddingSettings { Pooling = EmbeddingPooling.Mean },
            2 => new EmbeddingSettings { Pooling = EmbeddingPooling.FirstToken },
            3 => new EmbeddingSettings { Pooling = EmbeddingPooling.LastToken },
            null or 0 => null,
            _ => new EmbeddingSettings { Unsupported = $"the pooling type {type}" },
        };
    }

    private static readonly WeightNaming Names = new(GgufNames.Dense)
    {
        [WeightRole.PositionEmbedding] = ["position_embd.weight"],
        [WeightRole.TokenTypeEmbedding] = ["token_types.weight"],
        [WeightRole.EmbeddingNorm] = ["token_embd_norm.weight"],
        [WeightRole.EmbeddingNormBias] = ["token_embd_norm.bias"],
        [WeightRole.AttentionOutputBias] = [Layer + "attn_output.bias"],
        [WeightRole.AttentionNorm] = [Layer + "attn_output_norm.weight"],
        [WeightRole.AttentionNormBias] = [Layer + "attn_output_norm.bias"],
        [WeightRole.FeedForwardNorm] = [Layer + "layer_output_norm.weight"],
        [WeightRole.FeedForwardNormBias] = [Layer + "layer_output_norm.bias"],
    };
}

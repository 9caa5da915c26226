using Kvasir.Numerics.Kernels;

namespace Kvasir.Models;

/// <summary>Encoders in GGUF: BERT and what llama.cpp's converter writes as one (RoBERTa's positions begin at the first row there).</summary>
internal static class GgufEncoders
{
    /// <summary>The architecture's name.</summary>
    public const string Bert = "bert";

    private const string Layer = "blk.{0}.";

    /// <summary>Reads the configuration.</summary>
    /// <param name="fields">Fields of the file.</param>
    /// <param name="vocabulary">Rows of the embedding.</param>
    public static FamilyModel Read(GgufFields fields, int vocabulary)
    {
        int hidden = fields.Int("embedding_length", ConfigLimits.MaxWidth);
        int heads = fields.Int("attention.head_count", ConfigLimits.MaxHeads);
        int layers = fields.Int("block_count", ConfigLimits.MaxLayers);
        if (fields.Flag("attention.causal", false))
            throw new UnsupportedModelException(fields.Path, "bert with causal attention is not supported");
        var kinds = fields.Shape("token_types.weight");
        return new FamilyModel(
            ConfigLimits.Check(fields.Path, new ModelConfig
            {
                Architecture = Bert,
                VocabSize = vocabulary,
                HiddenSize = hidden,
                Layers = layers,
                QueryHeads = heads,
                KvHeads = heads,
                HeadDim = Math.Max(2, hidden / heads),
                IntermediateSize = fields.Int("feed_forward_length", ConfigLimits.MaxWidth),
                MaxContext = fields.Int("context_length", ConfigLimits.MaxContext),
                NormEpsilon = fields.Float("attention.layer_norm_epsilon", 1e-12f),
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
                Encoder = new EncoderConfig { TokenTypes = kinds is { Length: 2 } ? (int)Math.Min(kinds[0], ConfigLimits.MaxVocab) : 0 },
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

using Kvasir.Numerics.Kernels;

namespace Kvasir.Models;

/// <summary>Encoders in the line of BERT.</summary>
internal static class EncoderFamilies
{
    private const string DistilLayer = "distilbert.transformer.layer.{0}.";
    private const string ModernLayer = "model.layers.{0}.";

    /// <summary>BERT (Devlin et al. 2018): learned positions and kinds of tokens, norms behind the blocks.</summary>
    public static FamilyModel Bert(FamilyFields fields)
    {
        var config = Base(fields);
        return new(config, new WeightNaming(BertNames("bert."))
        {
            [WeightRole.HeadDense] = ["cls.predictions.transform.dense.weight"],
            [WeightRole.HeadDenseBias] = ["cls.predictions.transform.dense.bias"],
            [WeightRole.HeadNorm] = Norm("cls.predictions.transform.LayerNorm"),
            [WeightRole.HeadNormBias] = NormBias("cls.predictions.transform.LayerNorm"),
            [WeightRole.Output] = ["cls.predictions.decoder.weight"],
            [WeightRole.OutputBias] = ["cls.predictions.bias", "cls.predictions.decoder.bias"],
        });
    }

    /// <summary>RoBERTa and XLM-RoBERTa (Liu et al. 2019, Conneau et al. 2019): positions are counted from behind the padding's id.</summary>
    public static FamilyModel Roberta(FamilyFields fields)
    {
        var config = Base(fields);
        int padding = fields.MaybeInt(0, config.VocabSize - 1, "pad_token_id") ?? 1;
        if (padding + 1 >= config.MaxContext)
            throw fields.Unsupported($"max_position_embeddings {config.MaxContext} with pad_token_id {padding}");
        config = config with
        {
            MaxContext = config.MaxContext - padding - 1,
            PositionOffset = padding + 1,
            Encoder = config.Encoder! with { UnplacedToken = padding, HeadActivation = Activation.Gelu },
        };
        return new(config, new WeightNaming(BertNames("roberta."))
        {
            [WeightRole.HeadDense] = ["lm_head.dense.weight"],
            [WeightRole.HeadDenseBias] = ["lm_head.dense.bias"],
            [WeightRole.HeadNorm] = ["lm_head.layer_norm.weight"],
            [WeightRole.HeadNormBias] = ["lm_head.layer_norm.bias"],
            [WeightRole.Output] = ["lm_head.decoder.weight"],
            [WeightRole.OutputBias] = ["lm_head.bias", "lm_head.decoder.bias"],
        });
    }

    /// <summary>DistilBERT (Sanh et al. 2019): a BERT of fewer layers, without kinds of tokens.</summary>
    public static FamilyModel DistilBert(FamilyFields fields)
    {
        var config = Base(fields);
        return new(config with { Encoder = config.Encoder! with { TokenTypes = 0 } }, new WeightNaming
        {
            Prefix = "distilbert.",
            [WeightRole.TokenEmbedding] = ["distilbert.embeddings.word_embeddings.weight"],
            [WeightRole.PositionEmbedding] = ["distilbert.embeddings.position_embeddings.weight"],
            [WeightRole.EmbeddingNorm] = Norm("distilbert.embeddings.LayerNorm"),
            [WeightRole.EmbeddingNormBias] = NormBias("distilbert.embeddings.LayerNorm"),
            [WeightRole.Query] = [DistilLayer + "attention.q_lin.weight"],
            [WeightRole.Key] = [DistilLayer + "attention.k_lin.weight"],
            [WeightRole.Value] = [DistilLayer + "attention.v_lin.weight"],
            [WeightRole.QueryBias] = [DistilLayer + "attention.q_lin.bias"],
            [WeightRole.KeyBias] = [DistilLayer + "attention.k_lin.bias"],
            [WeightRole.ValueBias] = [DistilLayer + "attention.v_lin.bias"],
            [WeightRole.AttentionOutput] = [DistilLayer + "attention.out_lin.weight"],
            [WeightRole.AttentionOutputBias] = [DistilLayer + "attention.out_lin.bias"],
            [WeightRole.AttentionNorm] = Norm(DistilLayer + "sa_layer_norm"),
            [WeightRole.AttentionNormBias] = NormBias(DistilLayer + "sa_layer_norm"),
            [WeightRole.Up] = [DistilLayer + "ffn.lin1.weight"],
            [WeightRole.UpBias] = [DistilLayer + "ffn.lin1.bias"],
            [WeightRole.Down] = [DistilLayer + "ffn.lin2.weight"],
            [WeightRole.DownBias] = [DistilLayer + "ffn.lin2.bias"],
            [WeightRole.FeedForwardNorm] = Norm(DistilLayer + "output_layer_norm"),
            [WeightRole.FeedForwardNormBias] = NormBias(DistilLayer + "output_layer_norm"),
            [WeightRole.HeadDense] = ["vocab_transform.weight"],
            [WeightRole.HeadDenseBias] = ["vocab_transform.bias"],
            [WeightRole.HeadNorm] = Norm("vocab_layer_norm"),
            [WeightRole.HeadNormBias] = NormBias("vocab_layer_norm"),
            [WeightRole.Output] = ["vocab_projector.weight"],
            [WeightRole.OutputBias] = ["vocab_projector.bias"],
        });
    }

    /// <summary>
    /// ModernBERT (Warner et al. 2024): rotated positions, gated blocks, norms before the blocks, and local layers between the global ones that
    /// see half a window on each side and rotate with a base of their own.
    /// </summary>
    public static FamilyModel ModernBert(FamilyFields fields)
    {
        var config = fields.Decoder();
        int every = fields.MaybeInt(1, ConfigLimits.MaxLayers, "global_attn_every_n_layers") ?? 3;
        int half = fields.MaybeInt(0, ConfigLimits.MaxContext, "local_attention") / 2 ?? fields.MaybeInt(0, ConfigLimits.MaxContext, "sliding_window") ?? 64;
        string[]? types = fields.LayerTypes(config.Layers);
        var plan = fields.Windows(config.Layers, (2 * half) + 1, layer => layer % every != 0);
        for (int layer = 0; layer < plan.Length; layer++)
        {
            bool local = types is null ? layer % every != 0 : types[layer] == "sliding_attention";
            plan[layer] = plan[layer] with { Rope = local ? 1 : 0 };
        }

        return new(
            config with
            {
                KvHeads = config.QueryHeads,
                MaxContext = fields.MaybeInt(1, ConfigLimits.MaxContext, "max_position_embeddings") ?? 8192,
                Norm = NormKind.Layer,
                NormBias = fields.Flag(false, "norm_bias"),
                NormEpsilon = fields.Epsilon(1e-5),
                EmbeddingNorm = true,
                Activation = fields.Activation(Activation.Gelu),
                Rope = fields.RopeOf("full_attention", config.HeadDim) ?? new RopeConfig { Theta = fields.Float(160_000, "global_rope_theta"), RotaryDim = config.HeadDim },
                LocalRope = fields.RopeOf("sliding_attention", config.HeadDim)
                    ?? new RopeConfig { Theta = fields.Float(10_000, "local_rope_theta"), RotaryDim = config.HeadDim },
                LayerPlan = plan,
                TiedEmbeddings = fields.Flag(true, "tie_word_embeddings"),
                Encoder = new EncoderConfig
                {
                    PlainFirstInput = true,
                    PredictsTokens = PredictsTokens(fields),
                    HeadActivation = fields.ActivationOf(Activation.Gelu, "classifier_activation"),
                },
            },
            ModernNames);
    }

    private static ModelConfig Base(FamilyFields fields)
    {
        if (fields.Text("position_embedding_type") is { } positions && positions != "absolute")
            throw fields.Unsupported($"position_embedding_type \"{positions}\"");
        fields.Refuse("is_decoder");
        fields.Refuse("add_cross_attention");
        var config = fields.Decoder();
        var activation = fields.Activation(Activation.Gelu);
        return config with
        {
            KvHeads = config.QueryHeads,
            MaxContext = fields.MaybeInt(1, ConfigLimits.MaxContext, "max_position_embeddings") ?? 512,
            Norm = NormKind.Layer,
            NormBias = true,
            NormEpsilon = fields.Epsilon(1e-12),
            NormPlaces = NormPlaces.Residual,
            OutputNorm = false,
            EmbeddingNorm = true,
            AttentionBias = true,
            MlpBias = true,
            Gated = false,
            Activation = activation,
            LearnedPositions = true,
            LayerPlan = GptFamilies.Unrotated(config.Layers),
            TiedEmbeddings = fields.Flag(true, "tie_word_embeddings"),
            Encoder = new EncoderConfig
            {
                TokenTypes = fields.MaybeInt(0, ConfigLimits.MaxVocab, "type_vocab_size") ?? 2,
                PredictsTokens = PredictsTokens(fields),
                HeadActivation = activation,
            },
        };
    }

    /// <summary>Files that do not say what they are for may have the head; opening them shows.</summary>
    private static bool PredictsTokens(FamilyFields fields) =>
        fields.Lists("architectures", "MaskedLM") != false || fields.Lists("architectures", "ForPreTraining") == true;

    private static WeightNaming BertNames(string prefix)
    {
        string layer = prefix + "encoder.layer.{0}.";
        return new WeightNaming
        {
            Prefix = prefix,
            [WeightRole.TokenEmbedding] = [prefix + "embeddings.word_embeddings.weight"],
            [WeightRole.PositionEmbedding] = [prefix + "embeddings.position_embeddings.weight"],
            [WeightRole.TokenTypeEmbedding] = [prefix + "embeddings.token_type_embeddings.weight"],
            [WeightRole.EmbeddingNorm] = Norm(prefix + "embeddings.LayerNorm"),
            [WeightRole.EmbeddingNormBias] = NormBias(prefix + "embeddings.LayerNorm"),
            [WeightRole.Query] = [layer + "attention.self.query.weight"],
            [WeightRole.Key] = [layer + "attention.self.key.weight"],
            [WeightRole.Value] = [layer + "attention.self.value.weight"],
            [WeightRole.QueryBias] = [layer + "attention.self.query.bias"],
            [WeightRole.KeyBias] = [layer + "attention.self.key.bias"],
            [WeightRole.ValueBias] = [layer + "attention.self.value.bias"],
            [WeightRole.AttentionOutput] = [layer + "attention.output.dense.weight"],
            [WeightRole.AttentionOutputBias] = [layer + "attention.output.dense.bias"],
            [WeightRole.AttentionNorm] = Norm(layer + "attention.output.LayerNorm"),
            [WeightRole.AttentionNormBias] = NormBias(layer + "attention.output.LayerNorm"),
            [WeightRole.Up] = [layer + "intermediate.dense.weight"],
            [WeightRole.UpBias] = [layer + "intermediate.dense.bias"],
            [WeightRole.Down] = [layer + "output.dense.weight"],
            [WeightRole.DownBias] = [layer + "output.dense.bias"],
            [WeightRole.FeedForwardNorm] = Norm(layer + "output.LayerNorm"),
            [WeightRole.FeedForwardNormBias] = NormBias(layer + "output.LayerNorm"),
        };
    }

    private static readonly WeightNaming ModernNames = new()
    {
        Prefix = "model.",
        [WeightRole.TokenEmbedding] = ["model.embeddings.tok_embeddings.weight"],
        [WeightRole.EmbeddingNorm] = ["model.embeddings.norm.weight"],
        [WeightRole.EmbeddingNormBias] = ["model.embeddings.norm.bias"],
        [WeightRole.AttentionNorm] = [ModernLayer + "attn_norm.weight"],
        [WeightRole.AttentionNormBias] = [ModernLayer + "attn_norm.bias"],
        [WeightRole.Query] = [Joined("attn.Wqkv.weight")],
        [WeightRole.Key] = [Joined("attn.Wqkv.weight")],
        [WeightRole.Value] = [Joined("attn.Wqkv.weight")],
        [WeightRole.QueryBias] = [Joined("attn.Wqkv.bias")],
        [WeightRole.KeyBias] = [Joined("attn.Wqkv.bias")],
        [WeightRole.ValueBias] = [Joined("attn.Wqkv.bias")],
        [WeightRole.AttentionOutput] = [ModernLayer + "attn.Wo.weight"],
        [WeightRole.AttentionOutputBias] = [ModernLayer + "attn.Wo.bias"],
        [WeightRole.FeedForwardNorm] = [ModernLayer + "mlp_norm.weight"],
        [WeightRole.FeedForwardNormBias] = [ModernLayer + "mlp_norm.bias"],
        [WeightRole.Gate] = [Halves("mlp.Wi.weight")],
        [WeightRole.Up] = [Halves("mlp.Wi.weight")],
        [WeightRole.GateBias] = [Halves("mlp.Wi.bias")],
        [WeightRole.UpBias] = [Halves("mlp.Wi.bias")],
        [WeightRole.Down] = [ModernLayer + "mlp.Wo.weight"],
        [WeightRole.DownBias] = [ModernLayer + "mlp.Wo.bias"],
        [WeightRole.OutputNorm] = ["model.final_norm.weight"],
        [WeightRole.OutputNormBias] = ["model.final_norm.bias"],
        [WeightRole.HeadDense] = ["head.dense.weight"],
        [WeightRole.HeadDenseBias] = ["head.dense.bias"],
        [WeightRole.HeadNorm] = ["head.norm.weight"],
        [WeightRole.HeadNormBias] = ["head.norm.bias"],
        [WeightRole.Output] = ["decoder.weight"],
        [WeightRole.OutputBias] = ["decoder.bias"],
    };

    // Checkpoints that were converted from TensorFlow call the weight gamma and the bias beta.
    private static WeightName[] Norm(string name) => [name + ".weight", name + ".gamma"];

    private static WeightName[] NormBias(string name) => [name + ".bias", name + ".beta"];

    private static WeightName Joined(string name) => new(ModernLayer + name, WeightForm.Stacked);

    private static WeightName Halves(string name) => new(ModernLayer + name, WeightForm.Halves);
}

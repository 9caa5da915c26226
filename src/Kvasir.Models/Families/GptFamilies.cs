using Kvasir.Numerics.Kernels;

namespace Kvasir.Models;

/// <summary>Decoders in the line of GPT: layer norms with biases and feed-forward blocks without a gate.</summary>
internal static class GptFamilies
{
    private const string Transformer = "transformer.h.{0}.";
    private const string NeoXLayer = "gpt_neox.layers.{0}.";
    private const string OptLayer = "model.decoder.layers.{0}.";

    /// <summary>GPT-2 (Radford et al. 2019): learned positions, matrices stored transposed, query, key and value in one.</summary>
    public static FamilyModel Gpt2(FamilyFields fields)
    {
        var config = Base(fields, Activation.GeluTanh, tied: true);
        config = config with
        {
            AttentionBias = true,
            MlpBias = true,
            LearnedPositions = true,
            AttentionScale = fields.Flag(true, "scale_attn_weights") ? null : 1,
            ScaleByLayer = fields.Flag(false, "scale_attn_by_inverse_layer_idx"),
            LayerPlan = Unrotated(config.Layers),
        };
        return new(config, new WeightNaming
        {
            Prefix = "transformer.",
            [WeightRole.TokenEmbedding] = ["transformer.wte.weight"],
            [WeightRole.PositionEmbedding] = ["transformer.wpe.weight"],
            [WeightRole.OutputNorm] = ["transformer.ln_f.weight"],
            [WeightRole.OutputNormBias] = ["transformer.ln_f.bias"],
            [WeightRole.Output] = ["lm_head.weight"],
            [WeightRole.AttentionNorm] = [Transformer + "ln_1.weight"],
            [WeightRole.AttentionNormBias] = [Transformer + "ln_1.bias"],
            [WeightRole.Query] = [Joined("attn.c_attn.weight", WeightForm.Transposed)],
            [WeightRole.Key] = [Joined("attn.c_attn.weight", WeightForm.Transposed)],
            [WeightRole.Value] = [Joined("attn.c_attn.weight", WeightForm.Transposed)],
            [WeightRole.QueryBias] = [Joined("attn.c_attn.bias")],
            [WeightRole.KeyBias] = [Joined("attn.c_attn.bias")],
            [WeightRole.ValueBias] = [Joined("attn.c_attn.bias")],
            [WeightRole.AttentionOutput] = [new(Transformer + "attn.c_proj.weight", WeightForm.Transposed)],
            [WeightRole.AttentionOutputBias] = [Transformer + "attn.c_proj.bias"],
            [WeightRole.FeedForwardNorm] = [Transformer + "ln_2.weight"],
            [WeightRole.FeedForwardNormBias] = [Transformer + "ln_2.bias"],
            [WeightRole.Up] = [new(Transformer + "mlp.c_fc.weight", WeightForm.Transposed)],
            [WeightRole.UpBias] = [Transformer + "mlp.c_fc.bias"],
            [WeightRole.Down] = [new(Transformer + "mlp.c_proj.weight", WeightForm.Transposed)],
            [WeightRole.DownBias] = [Transformer + "mlp.c_proj.bias"],
        });

        static WeightName Joined(string name, WeightForm form = WeightForm.Plain) => new(Transformer + name, WeightForm.Stacked | form);
    }

    /// <summary>GPT-NeoX (Black et al. 2022): parallel blocks, part of each head rotated, query, key and value of each head together.</summary>
    public static FamilyModel NeoX(FamilyFields fields)
    {
        var config = Base(fields, Activation.Gelu, tied: false);
        bool bias = fields.Flag(true, "attention_bias");
        config = config with
        {
            Rope = fields.Rope(config.HeadDim, 0.25),
            AttentionBias = bias,
            MlpBias = true,
            ParallelResidual = fields.Flag(true, "use_parallel_residual"),
        };
        return new(config, new WeightNaming
        {
            [WeightRole.TokenEmbedding] = ["gpt_neox.embed_in.weight"],
            [WeightRole.OutputNorm] = ["gpt_neox.final_layer_norm.weight"],
            [WeightRole.OutputNormBias] = ["gpt_neox.final_layer_norm.bias"],
            [WeightRole.Output] = ["embed_out.weight"],
            [WeightRole.AttentionNorm] = [NeoXLayer + "input_layernorm.weight"],
            [WeightRole.AttentionNormBias] = [NeoXLayer + "input_layernorm.bias"],
            [WeightRole.Query] = [Grouped(NeoXLayer + "attention.query_key_value.weight")],
            [WeightRole.Key] = [Grouped(NeoXLayer + "attention.query_key_value.weight")],
            [WeightRole.Value] = [Grouped(NeoXLayer + "attention.query_key_value.weight")],
            [WeightRole.QueryBias] = [Grouped(NeoXLayer + "attention.query_key_value.bias")],
            [WeightRole.KeyBias] = [Grouped(NeoXLayer + "attention.query_key_value.bias")],
            [WeightRole.ValueBias] = [Grouped(NeoXLayer + "attention.query_key_value.bias")],
            [WeightRole.AttentionOutput] = [NeoXLayer + "attention.dense.weight"],
            [WeightRole.AttentionOutputBias] = [NeoXLayer + "attention.dense.bias"],
            [WeightRole.FeedForwardNorm] = [NeoXLayer + "post_attention_layernorm.weight"],
            [WeightRole.FeedForwardNormBias] = [NeoXLayer + "post_attention_layernorm.bias"],
            [WeightRole.Up] = [NeoXLayer + "mlp.dense_h_to_4h.weight"],
            [WeightRole.UpBias] = [NeoXLayer + "mlp.dense_h_to_4h.bias"],
            [WeightRole.Down] = [NeoXLayer + "mlp.dense_4h_to_h.weight"],
            [WeightRole.DownBias] = [NeoXLayer + "mlp.dense_4h_to_h.bias"],
        });
    }

    /// <summary>GPT-J (Wang and Komatsuzaki 2021): parallel blocks behind one norm, neighbouring pairs rotated.</summary>
    public static FamilyModel GptJ(FamilyFields fields)
    {
        var config = Base(fields, Activation.GeluTanh, tied: false);
        int rotary = fields.Int(2, config.HeadDim, "rotary_dim");
        config = config with
        {
            Rope = config.Rope with { RotaryDim = rotary },
            MlpBias = true,
            ParallelResidual = true,
            SharedNorm = true,
        };
        return new(config, new WeightNaming
        {
            Prefix = "transformer.",
            InterleavedRope = true,
            [WeightRole.TokenEmbedding] = ["transformer.wte.weight"],
            [WeightRole.OutputNorm] = ["transformer.ln_f.weight"],
            [WeightRole.OutputNormBias] = ["transformer.ln_f.bias"],
            [WeightRole.Output] = ["lm_head.weight"],
            [WeightRole.OutputBias] = ["lm_head.bias"],
            [WeightRole.AttentionNorm] = [Transformer + "ln_1.weight"],
            [WeightRole.AttentionNormBias] = [Transformer + "ln_1.bias"],
            [WeightRole.Query] = [Transformer + "attn.q_proj.weight"],
            [WeightRole.Key] = [Transformer + "attn.k_proj.weight"],
            [WeightRole.Value] = [Transformer + "attn.v_proj.weight"],
            [WeightRole.AttentionOutput] = [Transformer + "attn.out_proj.weight"],
            [WeightRole.Up] = [Transformer + "mlp.fc_in.weight"],
            [WeightRole.UpBias] = [Transformer + "mlp.fc_in.bias"],
            [WeightRole.Down] = [Transformer + "mlp.fc_out.weight"],
            [WeightRole.DownBias] = [Transformer + "mlp.fc_out.bias"],
        });
    }

    /// <summary>OPT (Zhang et al. 2022): learned positions from row 2 on, norms before or behind the blocks, ReLU.</summary>
    public static FamilyModel Opt(FamilyFields fields)
    {
        if (!fields.Flag(true, "layer_norm_elementwise_affine"))
            throw fields.Unsupported("layer_norm_elementwise_affine false");
        var config = Base(fields, Activation.Relu, tied: true);
        bool before = fields.Flag(true, "do_layer_norm_before");
        bool bias = fields.Flag(true, "enable_bias");
        int width = fields.MaybeInt(1, ConfigLimits.MaxWidth, "word_embed_proj_dim") ?? config.HiddenSize;
        config = config with
        {
            AttentionBias = bias,
            MlpBias = bias,
            LearnedPositions = true,
            PositionOffset = 2,
            EmbeddingSize = width == config.HiddenSize ? 0 : width,
            NormPlaces = before ? NormPlaces.Input : NormPlaces.Residual,
            OutputNorm = before && !fields.Flag(false, "_remove_final_layer_norm"),
            LayerPlan = Unrotated(config.Layers),
        };
        return new(config, new WeightNaming
        {
            Prefix = "model.",
            [WeightRole.TokenEmbedding] = ["model.decoder.embed_tokens.weight"],
            [WeightRole.PositionEmbedding] = ["model.decoder.embed_positions.weight"],
            [WeightRole.EmbeddingProjection] = ["model.decoder.project_in.weight"],
            [WeightRole.OutputProjection] = ["model.decoder.project_out.weight"],
            [WeightRole.OutputNorm] = ["model.decoder.final_layer_norm.weight"],
            [WeightRole.OutputNormBias] = ["model.decoder.final_layer_norm.bias"],
            [WeightRole.Output] = ["lm_head.weight"],
            [WeightRole.AttentionNorm] = [OptLayer + "self_attn_layer_norm.weight"],
            [WeightRole.AttentionNormBias] = [OptLayer + "self_attn_layer_norm.bias"],
            [WeightRole.Query] = [OptLayer + "self_attn.q_proj.weight"],
            [WeightRole.Key] = [OptLayer + "self_attn.k_proj.weight"],
            [WeightRole.Value] = [OptLayer + "self_attn.v_proj.weight"],
            [WeightRole.QueryBias] = [OptLayer + "self_attn.q_proj.bias"],
            [WeightRole.KeyBias] = [OptLayer + "self_attn.k_proj.bias"],
            [WeightRole.ValueBias] = [OptLayer + "self_attn.v_proj.bias"],
            [WeightRole.AttentionOutput] = [OptLayer + "self_attn.out_proj.weight"],
            [WeightRole.AttentionOutputBias] = [OptLayer + "self_attn.out_proj.bias"],
            [WeightRole.FeedForwardNorm] = [OptLayer + "final_layer_norm.weight"],
            [WeightRole.FeedForwardNormBias] = [OptLayer + "final_layer_norm.bias"],
            [WeightRole.Up] = [OptLayer + "fc1.weight"],
            [WeightRole.UpBias] = [OptLayer + "fc1.bias"],
            [WeightRole.Down] = [OptLayer + "fc2.weight"],
            [WeightRole.DownBias] = [OptLayer + "fc2.bias"],
        });
    }

    /// <summary>BLOOM (2022): distances instead of positions, a norm of the embedding.</summary>
    public static FamilyModel Bloom(FamilyFields fields)
    {
        var config = Base(fields, Activation.GeluTanh, tied: true);
        config = config with
        {
            IntermediateSize = 4 * config.HiddenSize,
            Activation = Activation.GeluTanh,
            AttentionBias = true,
            MlpBias = true,
            Alibi = true,
            EmbeddingNorm = true,
            ResidualFromNorm = fields.Flag(false, "apply_residual_connection_post_layernorm"),
            LayerPlan = Unrotated(config.Layers),
        };
        return new(config, new WeightNaming(BloomNames)
        {
            [WeightRole.EmbeddingNorm] = ["transformer.word_embeddings_layernorm.weight"],
            [WeightRole.EmbeddingNormBias] = ["transformer.word_embeddings_layernorm.bias"],
        });
    }

    /// <summary>Falcon (Almazrouei et al. 2023): one KV head or few, parallel blocks, rotations or distances.</summary>
    public static FamilyModel Falcon(FamilyFields fields)
    {
        var config = Base(fields, Activation.Gelu, tied: true);
        bool grouped = fields.Flag(false, "new_decoder_architecture");
        bool parallel = fields.Flag(true, "parallel_attn");
        bool alibi = fields.Flag(false, "alibi");
        bool bias = fields.Flag(false, "bias");
        int norms = fields.MaybeInt(1, 2, "num_ln_in_parallel_attn") ?? (grouped ? 2 : 1);
        bool apart = grouped && parallel && norms == 2;
        if (grouped && !parallel)
            throw fields.Unsupported("new_decoder_architecture without parallel_attn");
        if (!grouped && parallel && norms == 2)
            throw fields.Unsupported("num_ln_in_parallel_attn 2 without new_decoder_architecture");
        config = config with
        {
            KvHeads = grouped ? fields.MaybeInt(1, ConfigLimits.MaxHeads, "num_kv_heads") ?? config.QueryHeads
                : fields.Flag(true, "multi_query") ? 1 : config.QueryHeads,
            AttentionBias = bias,
            MlpBias = bias,
            ParallelResidual = parallel,
            SharedNorm = parallel && !apart,
            Alibi = alibi,
            AlibiScale = 1 / MathF.Sqrt(config.HeadDim),
            LayerPlan = alibi ? Unrotated(config.Layers) : [],
        };
        return new(config, apart
            ? new WeightNaming(BloomNames)
            {
                [WeightRole.AttentionNorm] = [Transformer + "ln_attn.weight"],
                [WeightRole.AttentionNormBias] = [Transformer + "ln_attn.bias"],
                [WeightRole.FeedForwardNorm] = [Transformer + "ln_mlp.weight"],
                [WeightRole.FeedForwardNormBias] = [Transformer + "ln_mlp.bias"],
            }
            : BloomNames);
    }

    /// <summary>Layers that do not rotate.</summary>
    public static LayerConfig[] Unrotated(int layers)
    {
        var plan = new LayerConfig[layers];
        Array.Fill(plan, new LayerConfig(LayerMixer.Attention, 0, -1, FeedForwardKind.Dense));
        return plan;
    }

    private static readonly WeightNaming BloomNames = new()
    {
        Prefix = "transformer.",
        [WeightRole.TokenEmbedding] = ["transformer.word_embeddings.weight"],
        [WeightRole.OutputNorm] = ["transformer.ln_f.weight"],
        [WeightRole.OutputNormBias] = ["transformer.ln_f.bias"],
        [WeightRole.Output] = ["lm_head.weight"],
        [WeightRole.AttentionNorm] = [Transformer + "input_layernorm.weight"],
        [WeightRole.AttentionNormBias] = [Transformer + "input_layernorm.bias"],
        [WeightRole.Query] = [Grouped(Transformer + "self_attention.query_key_value.weight")],
        [WeightRole.Key] = [Grouped(Transformer + "self_attention.query_key_value.weight")],
        [WeightRole.Value] = [Grouped(Transformer + "self_attention.query_key_value.weight")],
        [WeightRole.QueryBias] = [Grouped(Transformer + "self_attention.query_key_value.bias")],
        [WeightRole.KeyBias] = [Grouped(Transformer + "self_attention.query_key_value.bias")],
        [WeightRole.ValueBias] = [Grouped(Transformer + "self_attention.query_key_value.bias")],
        [WeightRole.AttentionOutput] = [Transformer + "self_attention.dense.weight"],
        [WeightRole.AttentionOutputBias] = [Transformer + "self_attention.dense.bias"],
        [WeightRole.FeedForwardNorm] = [Transformer + "post_attention_layernorm.weight"],
        [WeightRole.FeedForwardNormBias] = [Transformer + "post_attention_layernorm.bias"],
        [WeightRole.Up] = [Transformer + "mlp.dense_h_to_4h.weight"],
        [WeightRole.UpBias] = [Transformer + "mlp.dense_h_to_4h.bias"],
        [WeightRole.Down] = [Transformer + "mlp.dense_4h_to_h.weight"],
        [WeightRole.DownBias] = [Transformer + "mlp.dense_4h_to_h.bias"],
    };

    private static ModelConfig Base(FamilyFields fields, Activation activation, bool tied)
    {
        var config = fields.Decoder();
        return config with
        {
            KvHeads = config.QueryHeads,
            Norm = NormKind.Layer,
            NormBias = true,
            NormEpsilon = fields.Epsilon(1e-5),
            Gated = false,
            Activation = fields.Activation(activation),
            TiedEmbeddings = fields.Flag(tied, "tie_word_embeddings"),
        };
    }

    private static WeightName Grouped(string name) => new(name, WeightForm.Grouped);
}

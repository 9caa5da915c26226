using Kvasir.Numerics.Kernels;

namespace Kvasir.Models;

/// <summary>Dense decoders that differ from Llama by more than a switch: other norms, fused or interleaved projections.</summary>
internal static class OtherFamilies
{
    private const string Layer = "model.layers.{0}.";

    private static readonly WeightName[] FusedGateUp = [new(Layer + "mlp.gate_up_proj.weight", WeightForm.Halves)];

    /// <summary>Phi-3 and 4 (2024): fused projections, LongRoPE.</summary>
    public static FamilyModel Phi3(FamilyFields fields)
    {
        var config = fields.Decoder();
        WeightName[] joined = [new(Layer + "self_attn.qkv_proj.weight", WeightForm.Stacked)];
        return new(
            config with { AttentionBias = false, LayerPlan = fields.Windows(config.Layers, fields.Window(), _ => true) },
            new WeightNaming(LlamaNames.Dense)
            {
                [WeightRole.Query] = joined,
                [WeightRole.Key] = joined,
                [WeightRole.Value] = joined,
                [WeightRole.Gate] = FusedGateUp,
                [WeightRole.Up] = FusedGateUp,
            });
    }

    /// <summary>Phi 1 to 2 (2023): parallel blocks behind one norm, half of each head rotated.</summary>
    public static FamilyModel Phi(FamilyFields fields)
    {
        if (fields.Flag(false, "qk_layernorm"))
            throw fields.Unsupported("qk_layernorm");
        var config = LayerNormed(fields, Activation.GeluTanh) with { AttentionBias = true, MlpBias = true, Gated = false, ParallelResidual = true, SharedNorm = true };
        return new(config with { Rope = fields.Rope(config.HeadDim, 0.5) }, new WeightNaming(LlamaNames.Dense)
        {
            [WeightRole.OutputNorm] = ["model.final_layernorm.weight"],
            [WeightRole.OutputNormBias] = ["model.final_layernorm.bias"],
            [WeightRole.AttentionOutput] = [Layer + "self_attn.dense.weight"],
            [WeightRole.AttentionOutputBias] = [Layer + "self_attn.dense.bias"],
            [WeightRole.Up] = [Layer + "mlp.fc1.weight"],
            [WeightRole.UpBias] = [Layer + "mlp.fc1.bias"],
            [WeightRole.Down] = [Layer + "mlp.fc2.weight"],
            [WeightRole.DownBias] = [Layer + "mlp.fc2.bias"],
        });
    }

    /// <summary>GLM-4 (2024): half of each head rotated in neighbouring pairs; the 0414 models also norm what blocks give.</summary>
    public static FamilyModel Glm(FamilyFields fields, bool outputNorms)
    {
        var config = fields.Decoder(headDim: 128);
        config = config with
        {
            Rope = fields.Rope(config.HeadDim, 0.5),
            NormPlaces = outputNorms ? NormPlaces.Input | NormPlaces.Output : NormPlaces.Input,
        };
        return new(config, new WeightNaming(LlamaNames.Dense)
        {
            InterleavedRope = true,
            [WeightRole.Gate] = FusedGateUp,
            [WeightRole.Up] = FusedGateUp,
            [WeightRole.AttentionOutputNorm] = [Layer + "post_self_attn_layernorm.weight"],
            [WeightRole.FeedForwardOutputNorm] = [Layer + "post_mlp_layernorm.weight"],
        });
    }

    /// <summary>Cohere's Command R (2024): one layer norm without bias, parallel blocks, neighbouring pairs, scaled logits.</summary>
    public static FamilyModel Cohere(FamilyFields fields)
    {
        var config = CohereBase(fields);
        return new(
            config with
            {
                QueryKeyNorm = fields.Flag(false, "use_qk_norm") ? QueryKeyNorm.EachHead : QueryKeyNorm.None,
                QueryKeyNormKind = NormKind.Layer,
            },
            new WeightNaming(LlamaNames.Dense) { InterleavedRope = true });
    }

    /// <summary>Command R7B and A (2024, 2025): local layers rotate, global ones do not.</summary>
    public static FamilyModel Cohere2(FamilyFields fields)
    {
        var config = CohereBase(fields);
        int pattern = fields.MaybeInt(1, ConfigLimits.MaxLayers, "sliding_window_pattern", "_sliding_window_pattern") ?? 4;
        int window = fields.Window();
        var plan = fields.Windows(config.Layers, window, layer => (layer + 1) % pattern != 0);
        string[]? types = fields.LayerTypes(config.Layers);
        for (int layer = 0; layer < plan.Length; layer++)
        {
            bool local = types is null ? (layer + 1) % pattern != 0 : types[layer] == "sliding_attention";
            plan[layer] = plan[layer] with { Rope = local && window > 0 ? 0 : -1 };
        }

        return new(config with { LayerPlan = plan }, new WeightNaming(LlamaNames.Dense) { InterleavedRope = true });
    }

    /// <summary>StableLM (2023): a quarter of each head rotated, layer norms; a variant norms each head's queries and keys.</summary>
    public static FamilyModel StableLm(FamilyFields fields)
    {
        var config = LayerNormed(fields, Activation.Silu);
        bool parallel = fields.Flag(false, "use_parallel_residual");
        return new(
            config with
            {
                Rope = fields.Rope(config.HeadDim, 0.25),
                AttentionBias = fields.Flag(false, "use_qkv_bias"),
                ParallelResidual = parallel,
                SharedNorm = parallel,
                QueryKeyNorm = fields.Flag(false, "qk_layernorm") ? QueryKeyNorm.EachHead : QueryKeyNorm.None,
                QueryKeyNormKind = NormKind.Layer,
            },
            new WeightNaming(LlamaNames.Dense)
            {
                [WeightRole.QueryNorm] = [new(Layer + "self_attn.q_layernorm.norms.{1}.weight", WeightForm.HeadByHead)],
                [WeightRole.KeyNorm] = [new(Layer + "self_attn.k_layernorm.norms.{1}.weight", WeightForm.HeadByHead)],
            });
    }

    /// <summary>StarCoder 2 (Lozhkov et al. 2024): layer norms, biases, no gate, a window.</summary>
    public static FamilyModel StarCoder2(FamilyFields fields)
    {
        var config = LayerNormed(fields, Activation.GeluTanh);
        bool bias = fields.Flag(true, "use_bias");
        return new(
            config with
            {
                AttentionBias = bias,
                MlpBias = bias,
                Gated = false,
                TiedEmbeddings = fields.Flag(true, "tie_word_embeddings"),
                LayerPlan = fields.Windows(config.Layers, fields.Window(), _ => true),
            },
            new WeightNaming(LlamaNames.Dense)
            {
                [WeightRole.Up] = [Layer + "mlp.c_fc.weight"],
                [WeightRole.UpBias] = [Layer + "mlp.c_fc.bias"],
                [WeightRole.Down] = [Layer + "mlp.c_proj.weight"],
                [WeightRole.DownBias] = [Layer + "mlp.c_proj.bias"],
            });
    }

    private static ModelConfig CohereBase(FamilyFields fields)
    {
        var config = fields.Decoder();
        return config with
        {
            Norm = NormKind.Layer,
            NormEpsilon = fields.Epsilon(1e-5),
            ParallelResidual = true,
            SharedNorm = true,
            LogitScale = fields.Float(0.0625, "logit_scale"),
            TiedEmbeddings = fields.Flag(true, "tie_word_embeddings"),
        };
    }

    private static ModelConfig LayerNormed(FamilyFields fields, Activation activation)
    {
        var config = fields.Decoder();
        return config with
        {
            Norm = NormKind.Layer,
            NormBias = true,
            NormEpsilon = fields.Epsilon(1e-5),
            Activation = fields.Activation(activation),
        };
    }
}

using Kvasir.Numerics.Kernels;

namespace Kvasir.Models;

/// <summary>Mixtures of experts.</summary>
internal static class ExpertFamilies
{
    private const string Layer = "model.layers.{0}.";

    /// <summary>Mixtral (Jiang et al. 2024).</summary>
    public static FamilyModel Mixtral(FamilyFields fields)
    {
        var config = fields.Decoder();
        config = config with
        {
            Experts = Experts(fields, config.IntermediateSize) with { Normalised = true },
            LayerPlan = Everywhere(fields.Windows(config.Layers, fields.Window(), _ => true)),
        };
        return new(config, new WeightNaming(LlamaNames.Experts)
        {
            [WeightRole.Router] = [Layer + "block_sparse_moe.gate.weight", Layer + "mlp.gate.weight"],
            [WeightRole.ExpertGate] = [Layer + "block_sparse_moe.experts.{1}.w1.weight", Fused("mlp.experts.gate_up_proj", WeightForm.Halves)],
            [WeightRole.ExpertUp] = [Layer + "block_sparse_moe.experts.{1}.w3.weight", Fused("mlp.experts.gate_up_proj", WeightForm.Halves)],
            [WeightRole.ExpertDown] = [Layer + "block_sparse_moe.experts.{1}.w2.weight", Fused("mlp.experts.down_proj")],
        });
    }

    /// <summary>Qwen 2 MoE (2024): a gated expert that every token goes through.</summary>
    public static FamilyModel Qwen2(FamilyFields fields)
    {
        var config = fields.Decoder();
        var experts = Experts(fields, fields.Int(1, ConfigLimits.MaxWidth, "moe_intermediate_size"));
        config = config with
        {
            AttentionBias = fields.Flag(true, "qkv_bias"),
            Experts = experts with { SharedWidth = fields.Int(1, ConfigLimits.MaxWidth, "shared_expert_intermediate_size"), SharedGated = true },
            LayerPlan = QwenPlan(fields, config.Layers),
        };
        return new(config, LlamaNames.Experts);
    }

    /// <summary>Qwen 3 MoE (2025).</summary>
    public static FamilyModel Qwen3(FamilyFields fields)
    {
        var config = fields.Decoder();
        return new(
            config with
            {
                QueryKeyNorm = QueryKeyNorm.Head,
                Experts = Experts(fields, fields.Int(1, ConfigLimits.MaxWidth, "moe_intermediate_size")),
                LayerPlan = QwenPlan(fields, config.Layers),
            },
            LlamaNames.Experts);
    }

    /// <summary>gpt-oss (2025): sinks, clamped gates, biases everywhere, every other layer local.</summary>
    public static FamilyModel GptOss(FamilyFields fields)
    {
        var config = fields.Decoder(headDim: 64);
        config = config with
        {
            NormEpsilon = fields.Epsilon(1e-5),
            AttentionBias = fields.Flag(true, "attention_bias"),
            Sinks = true,
            Activation = Activation.ClampedSwiglu,
            Experts = Experts(fields, config.IntermediateSize) with { Scoring = ExpertScoring.SoftmaxOfChosen, RouterBias = true, Bias = true },
            LayerPlan = Everywhere(fields.Windows(config.Layers, fields.Window(), layer => layer % 2 == 0)),
        };
        WeightName[] gateUp =
        [
            Fused("mlp.experts.gate_up_proj", WeightForm.Alternating | WeightForm.Transposed),
            new(Layer + "mlp.experts.gate_up_proj_blocks.{1}", WeightForm.Alternating), // MXFP4, made expert by expert
        ];
        return new(config, new WeightNaming(LlamaNames.Dense)
        {
            [WeightRole.Sinks] = [Layer + "self_attn.sinks"],
            [WeightRole.Router] = [Layer + "mlp.router.weight"],
            [WeightRole.RouterBias] = [Layer + "mlp.router.bias"],
            [WeightRole.ExpertGate] = gateUp,
            [WeightRole.ExpertUp] = gateUp,
            [WeightRole.ExpertDown] = [Fused("mlp.experts.down_proj", WeightForm.Transposed), Layer + "mlp.experts.down_proj_blocks.{1}"],
            [WeightRole.ExpertGateBias] = [Fused("mlp.experts.gate_up_proj_bias", WeightForm.Alternating)],
            [WeightRole.ExpertUpBias] = [Fused("mlp.experts.gate_up_proj_bias", WeightForm.Alternating)],
            [WeightRole.ExpertDownBias] = [Fused("mlp.experts.down_proj_bias")],
        });
    }

    /// <summary>Granite 3 MoE (2024), with or without an expert that every token goes through.</summary>
    public static FamilyModel Granite(FamilyFields fields)
    {
        var config = LlamaFamilies.Multiplied(fields, fields.Decoder());
        int shared = fields.MaybeInt(0, ConfigLimits.MaxWidth, "shared_intermediate_size") ?? 0;
        config = config with
        {
            Experts = GraniteExperts(fields, config.IntermediateSize, shared),
            LayerPlan = Everywhere(new LayerConfig[config.Layers]),
        };
        return new(config, GraniteNames);
    }

    /// <summary>Granite's experts.</summary>
    public static ExpertConfig GraniteExperts(FamilyFields fields, int width, int shared) =>
        Experts(fields, width) with { Scoring = ExpertScoring.SoftmaxOfChosen, SharedWidth = shared };

    /// <summary>Names of Granite's experts.</summary>
    public static WeightNaming GraniteNames { get; } = new(LlamaNames.Dense)
    {
        [WeightRole.Router] = [Layer + "block_sparse_moe.router.layer.weight"],
        [WeightRole.ExpertGate] = [Fused("block_sparse_moe.input_linear.weight", WeightForm.Halves)],
        [WeightRole.ExpertUp] = [Fused("block_sparse_moe.input_linear.weight", WeightForm.Halves)],
        [WeightRole.ExpertDown] = [Fused("block_sparse_moe.output_linear.weight")],
        [WeightRole.SharedGate] = [new(Layer + "shared_mlp.input_linear.weight", WeightForm.Halves)],
        [WeightRole.SharedUp] = [new(Layer + "shared_mlp.input_linear.weight", WeightForm.Halves)],
        [WeightRole.SharedDown] = [Layer + "shared_mlp.output_linear.weight"],
    };

    /// <summary>DeepSeek-V2 and V3 (2024): latent rows, groups of experts, shared experts, first layers dense.</summary>
    public static FamilyModel DeepSeek(FamilyFields fields, bool sigmoid)
    {
        int rotary = fields.Int(2, ConfigLimits.MaxHeadDim, "qk_rope_head_dim");
        var config = fields.Decoder(headDim: rotary);
        int plain = fields.Int(2, ConfigLimits.MaxHeadDim, "qk_nope_head_dim");
        int width = fields.Int(1, ConfigLimits.MaxWidth, "moe_intermediate_size");
        int shared = fields.MaybeInt(0, 1024, "n_shared_experts") ?? 0;
        int dense = fields.MaybeInt(0, ConfigLimits.MaxLayers, "first_k_dense_replace") ?? (sigmoid ? 3 : 0);
        bool grouped = sigmoid || fields.Text("topk_method") is "group_limited_greedy";
        var rope = fields.Rope(rotary);
        var experts = Experts(fields, width);
        config = config with
        {
            HeadDim = rotary + plain,
            KvHeads = config.QueryHeads,
            Rope = rope,
            AttentionScale = LatentScale(fields, rope, rotary + plain, sigmoid),
            Latent = new LatentConfig
            {
                QueryRank = fields.MaybeInt(1, ConfigLimits.MaxWidth, "q_lora_rank") ?? 0,
                Rank = fields.Int(2, ConfigLimits.MaxHeadDim, "kv_lora_rank"),
                RotaryDim = rotary,
                PlainDim = plain,
                ValueDim = fields.Int(2, ConfigLimits.MaxHeadDim, "v_head_dim"),
                NormEpsilon = 1e-6f,
                Bias = config.AttentionBias,
            },
            AttentionBias = false,
            Experts = experts with
            {
                Scoring = sigmoid ? ExpertScoring.Sigmoid : ExpertScoring.Softmax,
                Normalised = sigmoid && fields.Flag(true, "norm_topk_prob"),
                Scale = fields.Float(sigmoid ? 2.5 : 1, "routed_scaling_factor"),
                Corrected = sigmoid,
                Groups = grouped ? fields.MaybeInt(1, 1024, "n_group") ?? 1 : 1,
                ChosenGroups = grouped ? fields.MaybeInt(1, 1024, "topk_group") ?? 1 : 1,
                GroupBest = sigmoid ? 2 : 1,
                SharedWidth = shared * width,
            },
            LayerPlan = [.. Enumerable.Range(0, config.Layers).Select(layer =>
                new LayerConfig(LayerMixer.Attention, 0, 0, layer < dense ? FeedForwardKind.Dense : FeedForwardKind.Experts))],
        };
        WeightName[] up = [new(Layer + "self_attn.kv_b_proj.weight", WeightForm.HeadParts)];
        return new(config, new WeightNaming(LlamaNames.Experts)
        {
            InterleavedRope = !sigmoid || fields.Flag(true, "rope_interleave"),
            [WeightRole.Query] = [Layer + "self_attn.q_b_proj.weight", Layer + "self_attn.q_proj.weight"],
            [WeightRole.QueryDown] = [Layer + "self_attn.q_a_proj.weight"],
            [WeightRole.QueryDownBias] = [Layer + "self_attn.q_a_proj.bias"],
            [WeightRole.QueryDownNorm] = [Layer + "self_attn.q_a_layernorm.weight"],
            [WeightRole.LatentDown] = [Layer + "self_attn.kv_a_proj_with_mqa.weight"],
            [WeightRole.LatentDownBias] = [Layer + "self_attn.kv_a_proj_with_mqa.bias"],
            [WeightRole.LatentNorm] = [Layer + "self_attn.kv_a_layernorm.weight"],
            [WeightRole.LatentKey] = up,
            [WeightRole.LatentValue] = up,
        });
    }

    /// <summary>The factor on scores; V3 sharpens it with YaRN's magnitude.</summary>
    private static float LatentScale(FamilyFields fields, RopeConfig rope, int headDim, bool sharpened)
    {
        double scale = 1 / Math.Sqrt(headDim);
        var scaling = fields.Find("rope_parameters", "rope_scaling");
        if (sharpened && rope.Scaling != RopeScaling.None && scaling?.Find("mscale_all_dim")?.Number() is { } all and not 0)
        {
            double magnitude = RopeFields.Magnitude(rope.Factor, all);
            scale *= magnitude * magnitude;
        }

        return (float)scale;
    }

    private static ExpertConfig Experts(FamilyFields fields, int width) => new()
    {
        Count = fields.Int(1, 4096, "num_experts", "num_local_experts", "n_routed_experts"),
        Chosen = fields.MaybeInt(1, 4096, "num_experts_per_tok", "experts_per_token") ?? 2,
        Width = width,
        Normalised = fields.Flag(false, "norm_topk_prob"),
    };

    private static LayerConfig[] Everywhere(LayerConfig[] plan) => Array.ConvertAll(plan, layer => layer with { FeedForward = FeedForwardKind.Experts });

    /// <summary>Windows of Qwen, and which layers have experts.</summary>
    private static LayerConfig[] QwenPlan(FamilyFields fields, int layers)
    {
        var plan = LlamaFamilies.QwenWindows(fields, layers);
        int step = fields.MaybeInt(1, ConfigLimits.MaxLayers, "decoder_sparse_step") ?? 1;
        int[] dense = fields.Find("mlp_only_layers") is { } list ? [.. list.Items().Select(item => item.Int(0, ConfigLimits.MaxLayers))] : [];
        for (int layer = 0; layer < layers; layer++)
        {
            if ((layer + 1) % step == 0 && !dense.Contains(layer))
                plan[layer] = plan[layer] with { FeedForward = FeedForwardKind.Experts };
        }

        return plan;
    }

    private static WeightName Fused(string name, WeightForm form = WeightForm.Plain) => new(Layer + name, WeightForm.Experts | form);
}

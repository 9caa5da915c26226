using Kvasir.Numerics.Kernels;

namespace Kvasir.Models;

/// <summary>Mamba-2 (Dao and Gu 2024), and hybrids of attention and Mamba-2 layers.</summary>
internal static class RecurrentFamilies
{
    /// <summary>Dimensions of the empty rows that stand for a model without attention in the cache: as few as every KV type takes.</summary>
    private const int EmptyHeadDim = 32;

    /// <summary>Context of models that know no positions, tokens.</summary>
    private const int Unlimited = 1 << 17;

    private const string Layer = "model.layers.{0}.";

    /// <summary>Layers of mixers only.</summary>
    public static FamilyModel Mamba2(FamilyFields fields)
    {
        int heads = fields.MaybeInt(1, ConfigLimits.MaxHeads, "num_heads") ?? 128;
        int headDim = fields.MaybeInt(1, ConfigLimits.MaxHeadDim, "head_dim") ?? 64;
        var (least, most) = Steps(fields);
        var config = OnlyMixers(Unbounded(fields), new RecurrentConfig
        {
            Heads = heads,
            HeadDim = headDim,
            Groups = fields.MaybeInt(1, ConfigLimits.MaxHeads, "n_groups") ?? 8,
            StateSize = fields.MaybeInt(1, ConfigLimits.MaxHeadDim, "state_size") ?? 128,
            Kernel = fields.MaybeInt(1, 64, "conv_kernel") ?? 4,
            NormEpsilon = fields.Float(1e-5, "layer_norm_epsilon"),
            MinStep = least,
            MaxStep = most,
            KernelBias = fields.Flag(true, "use_conv_bias"),
            Bias = fields.Flag(false, "use_bias"),
        });
        if (!fields.Flag(true, "rms_norm"))
            throw fields.Unsupported("rms_norm false");
        return new(config, new WeightNaming(Mixer("backbone.layers.{0}.mixer."))
        {
            Prefix = "backbone.",
            [WeightRole.TokenEmbedding] = ["backbone.embeddings.weight", "backbone.embedding.weight"],
            [WeightRole.OutputNorm] = ["backbone.norm_f.weight"],
            [WeightRole.Output] = ["lm_head.weight"],
            [WeightRole.AttentionNorm] = ["backbone.layers.{0}.norm.weight"],
        });
    }

    /// <summary>What models whose layers are all mixers have in common.</summary>
    public static ModelConfig Unbounded(FamilyFields fields) => Smooth(fields) with
    {
        MaxContext = fields.MaybeInt(1, ConfigLimits.MaxContext, "max_position_embeddings") ?? Unlimited,
        NormEpsilon = fields.Float(1e-5, "layer_norm_epsilon"),
    };

    /// <summary>A model whose layers are all mixers.</summary>
    public static ModelConfig OnlyMixers(ModelConfig config, RecurrentConfig mixer) => config with
    {
        QueryHeads = 1,
        KvHeads = 1,
        HeadDim = EmptyHeadDim,
        Rope = RopeConfig.None,
        Recurrent = mixer,
        LayerPlan = [.. Enumerable.Repeat(new LayerConfig(LayerMixer.Recurrent, 0, -1, FeedForwardKind.None), config.Layers)],
    };

    /// <summary>Bamba (2024): some layers attend, the others are Mamba-2 mixers; all have a feed-forward block.</summary>
    public static FamilyModel Bamba(FamilyFields fields)
    {
        var config = Smooth(fields);
        config = config with
        {
            Rope = fields.Rope(config.HeadDim, 0.5),
            Recurrent = Hybrid(fields, config),
            LayerPlan = [.. Mixers(fields, config.Layers).Select(mixer => new LayerConfig(mixer, 0, 0, FeedForwardKind.Dense))],
        };
        return new(config, new WeightNaming(Mixer(Layer + "mamba.", LlamaNames.Dense))
        {
            [WeightRole.OutputNorm] = ["model.final_layernorm.weight"],
            [WeightRole.FeedForwardNorm] = [Layer + "pre_ff_layernorm.weight"],
            [WeightRole.Gate] = [Layer + "feed_forward.gate_proj.weight"],
            [WeightRole.Up] = [Layer + "feed_forward.up_proj.weight"],
            [WeightRole.Down] = [Layer + "feed_forward.down_proj.weight"],
            [WeightRole.GateBias] = [Layer + "feed_forward.gate_proj.bias"],
            [WeightRole.UpBias] = [Layer + "feed_forward.up_proj.bias"],
            [WeightRole.DownBias] = [Layer + "feed_forward.down_proj.bias"],
        });
    }

    /// <summary>Granite 4 (2025): Mamba-2 and attention layers, mixtures of experts beside one that every token goes through, or that alone.</summary>
    public static FamilyModel GraniteHybrid(FamilyFields fields)
    {
        var config = LlamaFamilies.Multiplied(fields, Smooth(fields));
        int shared = fields.Int(1, ConfigLimits.MaxWidth, "shared_intermediate_size");
        bool mixed = fields.MaybeInt(0, 4096, "num_local_experts") is > 0;
        int rope = fields.Text("position_embedding_type") == "rope" ? 0 : -1;
        config = config with
        {
            IntermediateSize = mixed ? config.IntermediateSize : shared,
            Experts = mixed ? ExpertFamilies.GraniteExperts(fields, config.IntermediateSize, shared) : null,
            Recurrent = Hybrid(fields, config),
            LayerPlan = [.. Mixers(fields, config.Layers).Select(mixer =>
                new LayerConfig(mixer, 0, rope, mixed ? FeedForwardKind.Experts : FeedForwardKind.Dense))],
        };
        var names = new WeightNaming(Mixer(Layer + "mamba.", ExpertFamilies.GraniteNames));
        if (!mixed)
        {
            names[WeightRole.Gate] = names[WeightRole.Up] = [new(Layer + "shared_mlp.input_linear.weight", WeightForm.Halves)];
            names[WeightRole.Down] = [Layer + "shared_mlp.output_linear.weight"];
        }

        return new(config, names);
    }

    /// <summary>How each layer mixes: by name, or by the numbers of those that attend.</summary>
    public static LayerMixer[] Mixers(FamilyFields fields, int layers)
    {
        var mixers = new LayerMixer[layers];
        if (fields.Find("layer_types", "layers_block_type") is { } list)
        {
            string[] types = [.. list.Items().Select(item => item.String())];
            if (types.Length != layers)
                throw list.Error($"{types.Length} layers are listed, but there are {layers}");
            return Array.ConvertAll(types, type => type switch
            {
                "attention" or "full_attention" => LayerMixer.Attention,
                "mamba" or "mamba2" => LayerMixer.Recurrent,
                _ => throw fields.Unsupported($"layer type \"{type}\""),
            });
        }

        Array.Fill(mixers, LayerMixer.Recurrent);
        foreach (var layer in fields.Find("attn_layer_indices")?.Items() ?? [])
            mixers[layer.Int(0, layers - 1)] = LayerMixer.Attention;
        return mixers;
    }

    /// <summary>A decoder whose activation is SiLU, which mixers have after their convolution too.</summary>
    public static ModelConfig Smooth(FamilyFields fields)
    {
        var config = fields.Decoder();
        return config.Activation == Activation.Silu ? config : throw fields.Unsupported($"hidden_act \"{fields.Text("hidden_act")}\" with recurrent mixers");
    }

    private static RecurrentConfig Hybrid(FamilyFields fields, ModelConfig config)
    {
        int heads = fields.MaybeInt(1, ConfigLimits.MaxHeads, "mamba_n_heads") ?? 128;
        int expand = fields.MaybeInt(1, 64, "mamba_expand") ?? 2;
        int headDim = fields.Find("mamba_d_head") is { IsNumber: true } given ? given.Int(1, ConfigLimits.MaxHeadDim) : expand * config.HiddenSize / heads;
        var (least, most) = Steps(fields);
        return new RecurrentConfig
        {
            Heads = heads,
            HeadDim = headDim,
            Groups = fields.MaybeInt(1, ConfigLimits.MaxHeads, "mamba_n_groups") ?? 1,
            StateSize = fields.MaybeInt(1, ConfigLimits.MaxHeadDim, "mamba_d_state") ?? 256,
            Kernel = fields.MaybeInt(1, 64, "mamba_d_conv") ?? 4,
            NormEpsilon = config.NormEpsilon,
            MinStep = least,
            MaxStep = most,
            KernelBias = fields.Flag(true, "mamba_conv_bias"),
            Bias = fields.Flag(false, "mamba_proj_bias"),
        };
    }

    /// <summary>The limits of the steps; JSON writes infinity as a text or not at all.</summary>
    private static (float Least, float Most) Steps(FamilyFields fields)
    {
        if (fields.Find("time_step_limit") is not { IsArray: true } limits)
            return (0, float.PositiveInfinity);
        JsonField[] both = [.. limits.Items()];
        return both.Length == 2
            ? ((float)both[0].Number(), both[1].IsNumber ? (float)both[1].Number() : float.PositiveInfinity)
            : throw limits.Error("two limits were expected");
    }

    /// <summary>Names of a mixer's weights.</summary>
    public static WeightNaming Mixer(string prefix, WeightNaming? others = null) => new(others ?? new WeightNaming())
    {
        [WeightRole.MixerInput] = [prefix + "in_proj.weight"],
        [WeightRole.MixerInputBias] = [prefix + "in_proj.bias"],
        [WeightRole.MixerKernel] = [new(prefix + "conv1d.weight", WeightForm.Flat)],
        [WeightRole.MixerKernelBias] = [prefix + "conv1d.bias"],
        [WeightRole.MixerStepBias] = [prefix + "dt_bias"],
        [WeightRole.MixerDecay] = [prefix + "A_log"],
        [WeightRole.MixerSkip] = [prefix + "D"],
        [WeightRole.MixerNorm] = [prefix + "norm.weight"],
        [WeightRole.MixerOutput] = [prefix + "out_proj.weight"],
        [WeightRole.MixerOutputBias] = [prefix + "out_proj.bias"],
    };
}

namespace Kvasir.Models;

/// <summary>Mamba (Gu and Dao 2023), and Jamba, its hybrid with attention and experts (Lieber et al. 2024).</summary>
internal static class MambaFamilies
{
    private const string Layer = "model.layers.{0}.";

    /// <summary>Channels that one worker takes, at most: a multiple of the lanes.</summary>
    private const int MostChannels = 64;

    /// <summary>Layers of mixers only.</summary>
    public static FamilyModel Mamba(FamilyFields fields)
    {
        var config = RecurrentFamilies.Unbounded(fields);
        int width = fields.MaybeInt(1, ConfigLimits.MaxWidth, "intermediate_size") ?? ((fields.MaybeInt(1, 64, "expand") ?? 2) * config.HiddenSize);
        return new(
            RecurrentFamilies.OnlyMixers(
                config with { TiedEmbeddings = fields.Flag(true, "tie_word_embeddings") },
                Mixer(fields, config, width, "state_size", "conv_kernel", "time_step_rank") with
                {
                    KernelBias = fields.Flag(true, "use_conv_bias"),
                    Bias = fields.Flag(false, "use_bias"),
                }),
            new WeightNaming(Names("backbone.layers.{0}.mixer.", new WeightNaming()))
            {
                Prefix = "backbone.",
                [WeightRole.TokenEmbedding] = ["backbone.embeddings.weight", "backbone.embedding.weight"],
                [WeightRole.OutputNorm] = ["backbone.norm_f.weight"],
                [WeightRole.Output] = ["lm_head.weight"],
                [WeightRole.AttentionNorm] = ["backbone.layers.{0}.norm.weight"],
            });
    }

    /// <summary>Some layers attend, without rotation, the others are mixers with norms; some blocks are mixtures of experts.</summary>
    public static FamilyModel Jamba(FamilyFields fields)
    {
        var config = RecurrentFamilies.Smooth(fields);
        int width = (fields.MaybeInt(1, 64, "mamba_expand") ?? 2) * config.HiddenSize;
        int experts = fields.MaybeInt(1, 4096, "num_experts") ?? 16;
        var mixers = fields.Find("layer_types", "layers_block_type") is null
            ? Periodic(fields, config.Layers, "attn_layer", 8, 4, LayerMixer.Attention, LayerMixer.Recurrent)
            : RecurrentFamilies.Mixers(fields, config.Layers);
        var blocks = Periodic(fields, config.Layers, "expert_layer", 2, 1, experts > 1 ? FeedForwardKind.Experts : FeedForwardKind.Dense, FeedForwardKind.Dense);
        return new(
            config with
            {
                Rope = RopeConfig.None,
                Experts = experts == 1 ? null : new ExpertConfig
                {
                    Count = experts,
                    Chosen = fields.MaybeInt(1, 4096, "num_experts_per_tok") ?? 2,
                    Width = config.IntermediateSize,
                },
                Recurrent = Mixer(fields, config, width, "mamba_d_state", "mamba_d_conv", "mamba_dt_rank") with
                {
                    KernelBias = fields.Flag(true, "mamba_conv_bias"),
                    Bias = fields.Flag(false, "mamba_proj_bias"),
                    VectorNorms = true,
                },
                LayerPlan = [.. mixers.Zip(blocks, (mixer, block) => new LayerConfig(mixer, 0, -1, block))],
            },
            JambaNames);
    }

    private static readonly WeightNaming JambaNames = new(Names(Layer + "mamba.", LlamaNames.Dense))
    {
        [WeightRole.OutputNorm] = ["model.final_layernorm.weight"],
        [WeightRole.FeedForwardNorm] = [Layer + "pre_ff_layernorm.weight"],
        [WeightRole.Gate] = [Layer + "feed_forward.gate_proj.weight"],
        [WeightRole.Up] = [Layer + "feed_forward.up_proj.weight"],
        [WeightRole.Down] = [Layer + "feed_forward.down_proj.weight"],
        [WeightRole.Router] = [Layer + "feed_forward.router.weight"],
        [WeightRole.ExpertGate] = [Layer + "feed_forward.experts.{1}.gate_proj.weight", Fused("gate_up_proj", WeightForm.Halves)],
        [WeightRole.ExpertUp] = [Layer + "feed_forward.experts.{1}.up_proj.weight", Fused("gate_up_proj", WeightForm.Halves)],
        [WeightRole.ExpertDown] = [Layer + "feed_forward.experts.{1}.down_proj.weight", Fused("down_proj", WeightForm.Plain)],
    };

    private static RecurrentConfig Mixer(FamilyFields fields, ModelConfig config, int width, string state, string kernel, string rank)
    {
        int channels = MostChannels;
        while (width % channels != 0)
            channels /= 2;
        return new RecurrentConfig
        {
            Heads = width / channels,
            HeadDim = channels,
            Groups = 1,
            StateSize = fields.MaybeInt(1, ConfigLimits.MaxHeadDim, state) ?? 16,
            Kernel = fields.MaybeInt(1, 64, kernel) ?? 4,
            NormEpsilon = config.NormEpsilon,
            StepRank = fields.Find(rank) is { IsNumber: true } given ? given.Int(1, ConfigLimits.MaxWidth) : (config.HiddenSize + 15) / 16,
        };
    }

    /// <summary>What each layer is: every so many layers, from one on, something else.</summary>
    private static T[] Periodic<T>(FamilyFields fields, int layers, string name, int period, int offset, T there, T elsewhere)
    {
        int every = fields.MaybeInt(1, ConfigLimits.MaxLayers, name + "_period") ?? period;
        int first = fields.MaybeInt(0, ConfigLimits.MaxLayers, name + "_offset") ?? offset;
        return [.. Enumerable.Range(0, layers).Select(layer => layer % every == first ? there : elsewhere)];
    }

    private static WeightNaming Names(string prefix, WeightNaming others) => new(RecurrentFamilies.Mixer(prefix, others))
    {
        [WeightRole.MixerStepBias] = [prefix + "dt_proj.bias"],
        [WeightRole.MixerDecay] = [new(prefix + "A_log", WeightForm.Flat)],
        [WeightRole.MixerVectors] = [prefix + "x_proj.weight"],
        [WeightRole.MixerSteps] = [prefix + "dt_proj.weight"],
        [WeightRole.MixerStepNorm] = [prefix + "dt_layernorm.weight"],
        [WeightRole.MixerInNorm] = [prefix + "b_layernorm.weight"],
        [WeightRole.MixerOutNorm] = [prefix + "c_layernorm.weight"],
    };

    private static WeightName Fused(string name, WeightForm form) => new($"{Layer}feed_forward.experts.{name}", WeightForm.Experts | form);
}

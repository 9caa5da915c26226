using Kvasir.Numerics.Kernels;

namespace Kvasir.Models;

/// <summary>Architectures of GGUF files with layer norms, and those without attention.</summary>
internal static class GgufOtherDecoders
{
    /// <summary>Every so many layers Cohere 2 sees everything, and does not rotate.</summary>
    private const int Fourth = 4;

    public static IEnumerable<GgufFamily> All { get; } =
    [
        new("gpt2", ["gpt2"], _ => GgufNames.Gpt, (_, c) => Gpt(c, Activation.GeluTanh) with { LearnedPositions = true, LayerPlan = GptFamilies.Unrotated(c.Layers) }),
        new("gptneox", ["gpt_neox"], _ => GgufNames.Gpt, NeoX) { Write = (keys, c) => keys.Add("use_parallel_residual", c.ParallelResidual) },
        new("falcon", ["falcon"], c => c.SharedNorm ? GgufNames.Gpt : GgufNames.FalconApart, Falcon) { Write = (keys, _) => keys.Add("tensor_data_layout", "jploski") },
        new("bloom", ["bloom"], _ => GgufNames.Gpt, (_, c) => Gpt(c, Activation.GeluTanh) with { Alibi = true, EmbeddingNorm = true, LayerPlan = GptFamilies.Unrotated(c.Layers) }),
        new("phi2", ["phi"], _ => GgufNames.Dense, (_, c) => Gpt(c, Activation.GeluTanh) with { ParallelResidual = true, SharedNorm = true }),
        new("stablelm", ["stablelm"], _ => GgufNames.HeadNorms, StableLm) { Write = (keys, c) => keys.Add("use_parallel_residual", c.ParallelResidual) },
        new("starcoder2", ["starcoder2"], _ => GgufNames.Dense, (f, c) => Gpt(c, Activation.GeluTanh) with { LayerPlan = f.Windows(c.Layers, _ => true) })
        {
            Write = (keys, c) => keys.AddWindow(c),
        },
        new("command-r", ["cohere"], _ => GgufNames.CommandR, CommandR) { Write = (keys, c) => keys.Add("logit_scale", c.LogitScale) },
        new("cohere2", ["cohere2"], _ => GgufNames.CommandR, Cohere2)
        {
            Write = (keys, c) =>
            {
                keys.Add("logit_scale", c.LogitScale);
                keys.AddWindow(c);
            },
        },
        new("mamba2", ["mamba2"], _ => GgufNames.Mixers, Mamba2) { Write = WriteMamba2 },
    ];

    private static ModelConfig LayerNormed(ModelConfig config, bool bias) => config with { Norm = NormKind.Layer, NormBias = bias };

    private static ModelConfig Gpt(ModelConfig config, Activation activation) => LayerNormed(config, bias: true) with { Gated = false, Activation = activation };

    /// <summary>The models have the exact GELU; llama.cpp computes its approximation.</summary>
    private static ModelConfig NeoX(GgufFields fields, ModelConfig config) =>
        Gpt(config, Activation.Gelu) with { ParallelResidual = fields.Flag("use_parallel_residual", true) };

    /// <summary>Likewise.</summary>
    private static ModelConfig Falcon(GgufFields fields, ModelConfig config) =>
        Gpt(config, Activation.Gelu) with { ParallelResidual = true, SharedNorm = !fields.HasTensor("blk.0.attn_norm_2.weight") };

    private static ModelConfig StableLm(GgufFields fields, ModelConfig config) => LayerNormed(config, bias: true) with
    {
        ParallelResidual = fields.Flag("use_parallel_residual", false),
        SharedNorm = !fields.HasTensor("blk.0.ffn_norm.weight"),
        QueryKeyNorm = fields.HasTensor("blk.0.attn_q_norm.weight") ? QueryKeyNorm.EachHead : QueryKeyNorm.None,
        QueryKeyNormKind = NormKind.Layer,
    };

    private static ModelConfig CommandR(GgufFields fields, ModelConfig config) => LayerNormed(config, bias: false) with
    {
        ParallelResidual = true,
        SharedNorm = true,
        LogitScale = fields.Float("logit_scale", 1),
        QueryKeyNorm = fields.HasTensor("blk.0.attn_q_norm.weight") ? QueryKeyNorm.EachHead : QueryKeyNorm.None,
        QueryKeyNormKind = NormKind.Layer,
    };

    private static ModelConfig Cohere2(GgufFields fields, ModelConfig config) => CommandR(fields, config) with
    {
        QueryKeyNormKind = NormKind.Rms,
        LayerPlan = fields.Windows(config.Layers, layer => (layer + 1) % Fourth != 0, globalRope: -1),
    };

    private static ModelConfig Mamba2(GgufFields fields, ModelConfig config)
    {
        int heads = fields.Int("ssm.time_step_rank", ConfigLimits.MaxHeads);
        int width = fields.Int("ssm.inner_size", ConfigLimits.MaxWidth);
        if (width % heads != 0 || width / heads > ConfigLimits.MaxHeadDim)
            throw new ModelFormatException(fields.Path, $"{width} inner dimensions do not divide among {heads} heads");

        // llama.cpp norms each group by itself, transformers' class for the same models all groups together.
        if (fields.Int("ssm.group_count", ConfigLimits.MaxHeads) > 1)
            throw new UnsupportedModelException(fields.Path, "mamba2 files whose heads are in several groups are not supported");
        return RecurrentFamilies.OnlyMixers(config, new RecurrentConfig
        {
            Heads = heads,
            HeadDim = width / heads,
            Groups = 1,
            StateSize = fields.Int("ssm.state_size", ConfigLimits.MaxHeadDim),
            Kernel = fields.Int("ssm.conv_kernel", 64),
            NormEpsilon = config.NormEpsilon,
            KernelBias = fields.HasTensor("blk.0.ssm_conv1d.bias"),
        });
    }

    private static void WriteMamba2(GgufKeys keys, ModelConfig config)
    {
        var mixer = config.Recurrent!;
        keys.Add("ssm.time_step_rank", mixer.Heads);
        keys.Add("ssm.inner_size", mixer.Width);
        keys.Add("ssm.group_count", mixer.Groups);
        keys.Add("ssm.state_size", mixer.StateSize);
        keys.Add("ssm.conv_kernel", mixer.Kernel);
    }
}

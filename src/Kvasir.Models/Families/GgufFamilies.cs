using Kvasir.Numerics.Kernels;

namespace Kvasir.Models;

/// <summary>What GGUF files of a family mean beyond a Llama: llama.cpp keeps part of it in metadata and part in its own code.</summary>
internal static class GgufFamilies
{
    /// <summary>Rotation of Gemma 3's local layers, which files do not say.</summary>
    private const double LocalTheta = 10000;

    /// <summary>Layers of the Gemma 2 (27B) whose scores are scaled by the hidden size.</summary>
    private const int WideGemmaLayers = 46;

    /// <summary>Adds what the family has.</summary>
    public static ModelConfig Complete(GgufFile file, ModelConfig config) => config.Architecture switch
    {
        "qwen2moe" => WithExperts(file, config with { AttentionBias = true }, normalised: false),
        "qwen3" => config with { QueryKeyNorm = QueryKeyNorm.Head },
        "qwen3moe" => WithExperts(file, config with { QueryKeyNorm = QueryKeyNorm.Head }, normalised: true),
        "gemma2" => Gemma2(file, Gemma(config)),
        "gemma3" => Gemma3(file, Gemma(config)),
        _ when file.Metadata.Integer($"{config.Architecture}.expert_count") is > 0 => WithExperts(file, config with { TakesAdapters = false }, normalised: true),
        _ => config,
    };

    private static ModelConfig WithExperts(GgufFile file, ModelConfig config, bool normalised)
    {
        string family = config.Architecture;
        int count = file.Metadata.Integer($"{family}.expert_count", 1, 4096)
            ?? throw new ModelFormatException(file.Path, $"metadata \"{family}.expert_count\" is missing");
        int chosen = file.Metadata.Integer($"{family}.expert_used_count", 1, 4096)
            ?? throw new ModelFormatException(file.Path, $"metadata \"{family}.expert_used_count\" is missing");
        bool shared = file.Tensors.TryGetValue("blk.0.ffn_up_shexp.weight", out var tensor) && tensor.Shape.Length == 2;
        if (!file.Tensors.TryGetValue("blk.0.ffn_up_exps.weight", out var experts) || experts.Shape.Length != 3)
            throw new ModelFormatException(file.Path, "the experts \"blk.0.ffn_up_exps.weight\" are missing; files with one tensor an expert are not read");
        return config with
        {
            Experts = new ExpertConfig
            {
                Count = count,
                Chosen = chosen,
                Width = (int)Math.Min(experts.Shape[1], ConfigLimits.MaxWidth),
                Normalised = normalised,
                SharedWidth = shared ? (int)Math.Min(tensor!.Shape[0], ConfigLimits.MaxWidth) : 0,
                SharedGated = shared,
            },
            LayerPlan = [.. Enumerable.Repeat(new LayerConfig(LayerMixer.Attention, 0, 0, FeedForwardKind.Experts), config.Layers)],
        };
    }

    /// <summary>Norm weights are whole in these files: the converter adds the 1.</summary>
    private static ModelConfig Gemma(ModelConfig config) => config with
    {
        NormPlaces = NormPlaces.Input | NormPlaces.Output,
        Activation = Activation.GeluTanh,
        EmbeddingScale = MathF.Sqrt(config.HiddenSize),
    };

    private static ModelConfig Gemma2(GgufFile file, ModelConfig config) => config with
    {
        AttentionSoftCap = (float)(file.Metadata.Number("gemma2.attn_logit_softcapping") ?? 0),
        LogitSoftCap = (float)(file.Metadata.Number("gemma2.final_logit_softcapping") ?? 0),
        AttentionScale = config.Layers == WideGemmaLayers ? 1 / MathF.Sqrt((float)config.HiddenSize / config.QueryHeads) : null,
        LayerPlan = Plan(file, config, layer => layer % 2 == 0, localRope: 0),
    };

    private static ModelConfig Gemma3(GgufFile file, ModelConfig config) => config with
    {
        QueryKeyNorm = QueryKeyNorm.Head,
        LogitSoftCap = (float)(file.Metadata.Number("gemma3.final_logit_softcapping") ?? 0),
        AttentionScale = config is { Layers: 62, QueryHeads: 32 } ? 1 / MathF.Sqrt((float)config.HiddenSize / config.QueryHeads) : null,
        LocalRope = new RopeConfig { Theta = file.Metadata.Number("gemma3.rope.freq_base_swa") ?? LocalTheta, RotaryDim = config.HeadDim },
        LayerPlan = Plan(file, config, layer => (layer + 1) % 6 != 0, localRope: 1),
    };

    private static LayerConfig[] Plan(GgufFile file, ModelConfig config, Func<int, bool> isLocal, int localRope)
    {
        int window = file.Metadata.Integer($"{config.Architecture}.attention.sliding_window", 1, int.MaxValue) ?? 0;
        return [.. Enumerable.Range(0, config.Layers).Select(layer => isLocal(layer)
            ? new LayerConfig(LayerMixer.Attention, window, localRope, FeedForwardKind.Dense)
            : default)];
    }
}

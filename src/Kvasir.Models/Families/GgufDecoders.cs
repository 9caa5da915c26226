using Kvasir.Numerics.Kernels;

namespace Kvasir.Models;

/// <summary>Architectures of GGUF files with RMS norms and dense blocks.</summary>
internal static class GgufDecoders
{
    /// <summary>Rotation of Gemma 3's local layers, which files need not say.</summary>
    private const double LocalTheta = 10000;

    /// <summary>Layers of the Gemma 2 (27B) whose scores are scaled by the hidden size.</summary>
    private const int WideGemmaLayers = 46;

    /// <summary>Every so many layers SmolLM 3 does not rotate, and Cohere 2 sees everything.</summary>
    private const int Fourth = 4;

    public static IEnumerable<GgufFamily> All { get; } =
    [
        new("llama", ["llama", "mistral", "ministral", "mixtral"], _ => GgufNames.Interleaved, Llama) { Write = WriteLlama },
        new("qwen2", ["qwen2"], _ => GgufNames.Dense, (_, c) => c with { AttentionBias = true, TakesAdapters = true }),
        new("qwen3", ["qwen3"], _ => GgufNames.Dense, (_, c) => c with { QueryKeyNorm = QueryKeyNorm.Head }),
        new("gemma", ["gemma"], _ => GgufNames.Dense, (_, c) => Gemma(c)),
        new("gemma2", ["gemma2"], _ => GgufNames.Dense, Gemma2) { Write = WriteGemma },
        new("gemma3", ["gemma3_text"], _ => GgufNames.Dense, Gemma3) { Write = WriteGemma },
        new("phi3", ["phi3"], _ => GgufNames.Fused, (f, c) => c with { LayerPlan = f.Windows(c.Layers, _ => true) }) { Write = (keys, c) => keys.AddWindow(c) },
        new("olmo2", ["olmo2"], _ => GgufNames.Dense, (_, c) => c with { NormPlaces = NormPlaces.Output, QueryKeyNorm = QueryKeyNorm.Whole }),
        new("glm4", ["glm4"], _ => GgufNames.FusedFeedForward, (_, c) => c with { NormPlaces = NormPlaces.Input | NormPlaces.Output }),
        new("granite", ["granite"], _ => GgufNames.Interleaved, Multiplied) { Write = WriteMultipliers },
        new("smollm3", ["smollm3"], _ => GgufNames.Interleaved, SmolLm3),
    ];

    /// <summary>Granite's multipliers.</summary>
    public static ModelConfig Multiplied(GgufFields fields, ModelConfig config) => config with
    {
        EmbeddingScale = fields.Float("embedding_scale", 1),
        ResidualScale = fields.Float("residual_scale", 1),
        AttentionScale = (float?)fields.Number("attention.scale"),
        LogitScale = 1 / fields.Float("logit_scale", 1),
    };

    /// <summary>Writes them.</summary>
    public static void WriteMultipliers(GgufKeys keys, ModelConfig config)
    {
        keys.Add("embedding_scale", config.EmbeddingScale);
        keys.Add("residual_scale", config.ResidualScale);
        keys.Add("logit_scale", 1 / config.LogitScale);
        if (config.AttentionScale is { } scale)
            keys.Add("attention.scale", scale);
    }

    private static ModelConfig Llama(GgufFields fields, ModelConfig config)
    {
        config = config with { LayerPlan = fields.Windows(config.Layers, _ => true) };
        return fields.MaybeInt("expert_count", 0, 4096) is > 0
            ? GgufExperts.Stacked(fields, config) with { TakesAdapters = false }
            : config with { TakesAdapters = true };
    }

    private static void WriteLlama(GgufKeys keys, ModelConfig config)
    {
        keys.AddWindow(config);
        if (config.Experts is not null)
            GgufExperts.Write(keys, config);
    }

    /// <summary>Norm weights are whole in these files: the converter adds the 1.</summary>
    private static ModelConfig Gemma(ModelConfig config) => config with
    {
        Activation = Activation.GeluTanh,
        EmbeddingScale = MathF.Sqrt(config.HiddenSize),
    };

    private static ModelConfig Gemma2(GgufFields fields, ModelConfig config) => Gemma(config) with
    {
        NormPlaces = NormPlaces.Input | NormPlaces.Output,
        AttentionSoftCap = fields.Float("attn_logit_softcapping", 0),
        LogitSoftCap = fields.Float("final_logit_softcapping", 0),
        AttentionScale = config.Layers == WideGemmaLayers ? WideScale(config) : null,
        LayerPlan = fields.Windows(config.Layers, layer => layer % 2 == 0),
    };

    private static ModelConfig Gemma3(GgufFields fields, ModelConfig config) => Gemma(config) with
    {
        NormPlaces = NormPlaces.Input | NormPlaces.Output,
        QueryKeyNorm = QueryKeyNorm.Head,
        LogitSoftCap = fields.Float("final_logit_softcapping", 0),
        AttentionScale = config is { Layers: 62, QueryHeads: 32 } ? WideScale(config) : null,
        LocalRope = new RopeConfig { Theta = fields.Number("rope.freq_base_swa") ?? LocalTheta, RotaryDim = config.HeadDim },
        LayerPlan = fields.Windows(config.Layers, layer => (layer + 1) % 6 != 0, localRope: 1),
    };

    private static float WideScale(ModelConfig config) => 1 / MathF.Sqrt((float)config.HiddenSize / config.QueryHeads);

    private static void WriteGemma(GgufKeys keys, ModelConfig config)
    {
        keys.AddWindow(config);
        if (config.AttentionSoftCap > 0)
            keys.Add("attn_logit_softcapping", config.AttentionSoftCap);
        if (config.LogitSoftCap > 0)
            keys.Add("final_logit_softcapping", config.LogitSoftCap);
        if (config.LocalRope is { } local)
            keys.Add("rope.freq_base_swa", (float)local.Theta);
    }

    private static ModelConfig SmolLm3(GgufFields fields, ModelConfig config) => config with
    {
        LayerPlan = [.. Enumerable.Range(1, config.Layers).Select(number => default(LayerConfig) with { Rope = number % Fourth == 0 ? -1 : 0 })],
    };
}

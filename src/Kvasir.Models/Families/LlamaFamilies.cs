namespace Kvasir.Models;

/// <summary>Llama and the families that are Llamas with other switches: windows, biases, norms of queries and keys, multipliers.</summary>
internal static class LlamaFamilies
{
    /// <summary>Llama 1 to 3 (Touvron et al. 2023).</summary>
    public static FamilyModel Llama(FamilyFields fields) => new(fields.Decoder() with { TakesAdapters = true }, LlamaNames.Dense);

    /// <summary>Mistral (Jiang et al. 2023) and Ministral: windows in all or some layers.</summary>
    public static FamilyModel Mistral(FamilyFields fields)
    {
        var config = fields.Decoder();
        return new(config with { TakesAdapters = true, LayerPlan = fields.Windows(config.Layers, fields.Window(), _ => true) }, LlamaNames.Dense);
    }

    /// <summary>Ministral 3 (2025): queries that grow with their position.</summary>
    public static FamilyModel Ministral3(FamilyFields fields)
    {
        var model = Mistral(fields);
        var scaling = fields.Find("rope_parameters", "rope_scaling");
        float beta = (float)(scaling?.Find("llama_4_scaling_beta")?.Number() ?? 0);
        return beta == 0 ? model : model with
        {
            Config = model.Config with { LongQueryScale = beta, LongQueryContext = scaling!.Value.Get("original_max_position_embeddings").Int(1, ConfigLimits.MaxContext) },
        };
    }

    /// <summary>Qwen 2 and 2.5 (2024): biases on query, key and value.</summary>
    public static FamilyModel Qwen2(FamilyFields fields)
    {
        var config = fields.Decoder();
        return new(config with { TakesAdapters = true, AttentionBias = true, LayerPlan = QwenWindows(fields, config.Layers) }, LlamaNames.Dense);
    }

    /// <summary>Qwen 3 (2025): norms of queries and keys.</summary>
    public static FamilyModel Qwen3(FamilyFields fields)
    {
        var config = fields.Decoder(headDim: 128);
        return new(
            config with { TakesAdapters = true, QueryKeyNorm = QueryKeyNorm.Head, LayerPlan = QwenWindows(fields, config.Layers) }, LlamaNames.Dense);
    }

    /// <summary>Granite 3 (2024): multipliers.</summary>
    public static FamilyModel Granite(FamilyFields fields) => new(Multiplied(fields, fields.Decoder() with { TakesAdapters = true }), LlamaNames.Dense);

    /// <summary>Granite's multipliers.</summary>
    public static ModelConfig Multiplied(FamilyFields fields, ModelConfig config) => config with
    {
        EmbeddingScale = fields.Float(1, "embedding_multiplier"),
        ResidualScale = fields.Float(1, "residual_multiplier"),
        AttentionScale = fields.Float(1, "attention_multiplier"),
        LogitScale = 1 / fields.Float(1, "logits_scaling"),
    };

    /// <summary>SmolLM 3 (2025): some layers do not rotate.</summary>
    public static FamilyModel SmolLm3(FamilyFields fields)
    {
        var config = fields.Decoder();
        var plan = fields.Windows(config.Layers, fields.Window(fields.Flag(false, "use_sliding_window")), _ => false);
        int interval = fields.MaybeInt(1, ConfigLimits.MaxLayers, "no_rope_layer_interval") ?? 4;
        int[] rotated = fields.Find("no_rope_layers") is { } list
            ? [.. list.Items().Select(item => item.Int(0, 1))]
            : [.. Enumerable.Range(1, config.Layers).Select(number => number % interval == 0 ? 0 : 1)];
        if (rotated.Length < config.Layers)
            throw new ModelFormatException(fields.Path, $"no_rope_layers lists {rotated.Length} of {config.Layers} layers");
        for (int layer = 0; layer < plan.Length; layer++)
            plan[layer] = plan[layer] with { Rope = rotated[layer] - 1 };
        return new(config with { TakesAdapters = true, LayerPlan = plan }, LlamaNames.Dense);
    }

    /// <summary>OLMo 2 (2025): norms of what blocks give, and of all queries and keys together.</summary>
    public static FamilyModel Olmo2(FamilyFields fields)
    {
        var config = fields.Decoder();
        return new(
            config with { TakesAdapters = true, NormPlaces = NormPlaces.Output, QueryKeyNorm = QueryKeyNorm.Whole },
            new WeightNaming(LlamaNames.Dense)
            {
                [WeightRole.AttentionOutputNorm] = ["model.layers.{0}.post_attention_layernorm.weight"],
                [WeightRole.FeedForwardOutputNorm] = ["model.layers.{0}.post_feedforward_layernorm.weight"],
            });
    }

    /// <summary>Windows of Qwen: where they are used, layers from <c>max_window_layers</c> on have them; all in files without that field.</summary>
    public static LayerConfig[] QwenWindows(FamilyFields fields, int layers)
    {
        bool used = fields.Flag(false, "use_sliding_window");
        int first = fields.MaybeInt(0, ConfigLimits.MaxLayers, "max_window_layers") ?? 0;
        return fields.Windows(layers, fields.Window(used), layer => used && layer >= first);
    }
}

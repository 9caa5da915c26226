namespace Kvasir.Models;

/// <summary>
/// Reads config.json of a Hugging Face folder, of transformers 4 (<c>rope_theta</c>, <c>rope_scaling</c>) and 5
/// (<c>rope_parameters</c>).
/// </summary>
internal static class HuggingFaceConfig
{
    public static ModelConfig Read(JsonField json)
    {
        string family = json.Find("model_type")?.String() ?? "";
        if (family is not ("llama" or "qwen2"))
            throw new UnsupportedModelException(json.Path, $"model_type \"{family}\" is not supported; {ConfigLimits.Supported}");
        string activation = json.Find("hidden_act")?.String() ?? "silu";
        if (activation is not ("silu" or "swish"))
            throw new UnsupportedModelException(json.Path, $"hidden_act \"{activation}\" is not supported; {ConfigLimits.Supported}");
        if (json.Find("use_sliding_window")?.Bool() == true)
            throw new UnsupportedModelException(json.Path, "use_sliding_window is not supported; " + ConfigLimits.Supported);

        int hidden = json.Get("hidden_size").Int(1, ConfigLimits.MaxWidth);
        int heads = json.Get("num_attention_heads").Int(1, ConfigLimits.MaxHeads);
        int headDim = json.Find("head_dim")?.Int(2, ConfigLimits.MaxHeadDim) ?? hidden / heads;
        return ConfigLimits.Check(json.Path, new ModelConfig
        {
            Architecture = family,
            VocabSize = json.Get("vocab_size").Int(1, ConfigLimits.MaxVocab),
            HiddenSize = hidden,
            Layers = json.Get("num_hidden_layers").Int(1, ConfigLimits.MaxLayers),
            QueryHeads = heads,
            KvHeads = json.Find("num_key_value_heads")?.Int(1, ConfigLimits.MaxHeads) ?? heads,
            HeadDim = headDim,
            IntermediateSize = json.Get("intermediate_size").Int(1, ConfigLimits.MaxWidth),
            MaxContext = json.Find("max_position_embeddings")?.Int(1, ConfigLimits.MaxContext) ?? 2048,
            NormEpsilon = (float)(json.Find("rms_norm_eps")?.Number() ?? 1e-6),
            Rope = ReadRope(json, headDim),
            TiedEmbeddings = json.Find("tie_word_embeddings")?.Bool() ?? false,
            AttentionBias = family == "qwen2" || (json.Find("attention_bias")?.Bool() ?? false),
            MlpBias = json.Find("mlp_bias")?.Bool() ?? false,
        });
    }

    private static RopeConfig ReadRope(JsonField json, int headDim)
    {
        var scaling = json.Find("rope_parameters") ?? json.Find("rope_scaling");
        double theta = scaling?.Find("rope_theta")?.Number() ?? json.Find("rope_theta")?.Number() ?? 10000;
        double partial = scaling?.Find("partial_rotary_factor")?.Number() ?? json.Find("partial_rotary_factor")?.Number() ?? 1;
        if (partial != 1)
            throw new UnsupportedModelException(json.Path, $"partial_rotary_factor {partial} is not supported; the whole head is rotated");
        var rope = new RopeConfig { Theta = theta, RotaryDim = headDim };
        if (scaling is not { } s)
            return rope;

        string kind = (s.Find("rope_type") ?? s.Find("type"))?.String() ?? "default";
        return kind switch
        {
            "default" => rope,
            "linear" => rope with { Scaling = RopeScaling.Linear, Factor = s.Get("factor").Number() },
            "llama3" => rope with
            {
                Scaling = RopeScaling.Llama3,
                Factor = s.Get("factor").Number(),
                LowFrequencyFactor = s.Get("low_freq_factor").Number(),
                HighFrequencyFactor = s.Get("high_freq_factor").Number(),
                OriginalContext = s.Get("original_max_position_embeddings").Int(1, ConfigLimits.MaxContext),
            },
            _ => throw new UnsupportedModelException(
                json.Path, $"rope scaling \"{kind}\" is not supported; supported are default, linear and llama3"),
        };
    }
}

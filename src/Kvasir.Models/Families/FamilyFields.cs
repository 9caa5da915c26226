using Kvasir.Numerics.Kernels;

namespace Kvasir.Models;

/// <summary>
/// The fields of a config.json that many families share, under the names that any of them has, of transformers 4 and 5. Nothing here knows a
/// family.
/// </summary>
internal sealed class FamilyFields(JsonField json)
{
    public string Path => json.Path;

    /// <summary>The first of the fields that is there.</summary>
    public JsonField? Find(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (json.Find(name) is { } field)
                return field;
        }

        return null;
    }

    public int Int(int min, int max, params ReadOnlySpan<string> names) => MaybeInt(min, max, names) ?? json.Get(names[0]).Int(min, max);

    public int? MaybeInt(int min, int max, params ReadOnlySpan<string> names) => Find(names)?.Int(min, max);

    public float Float(double fallback, params ReadOnlySpan<string> names) => (float)(Find(names)?.Number() ?? fallback);

    public bool Flag(bool fallback, params ReadOnlySpan<string> names) => Find(names)?.Bool() ?? fallback;

    public string? Text(params ReadOnlySpan<string> names) => Find(names)?.String();

    public UnsupportedModelException Unsupported(string problem) => new(Path, $"{problem} is not supported; {ConfigLimits.Supported}");

    /// <summary>Whether a list of texts has one that contains <paramref name="part"/>; null without the list.</summary>
    public bool? Lists(string name, string part) => Find(name)?.Items().Any(item => item.String().Contains(part, StringComparison.Ordinal));

    /// <summary>Throws when a flag is set that the decoder has nothing for.</summary>
    public void Refuse(string flag)
    {
        if (Flag(false, flag))
            throw Unsupported(flag);
    }

    /// <summary>What nearly every decoder has: an RMS-normed, gated Llama of these sizes. Families change what differs.</summary>
    /// <param name="headDim">Dimensions of a head when the file does not say; null for hidden size by heads.</param>
    public ModelConfig Decoder(int? headDim = null)
    {
        int hidden = Int(1, ConfigLimits.MaxWidth, "hidden_size", "n_embd", "d_model", "dim");
        int heads = MaybeInt(1, ConfigLimits.MaxHeads, "num_attention_heads", "n_head", "num_heads", "n_heads") ?? 1;
        int head = MaybeInt(2, ConfigLimits.MaxHeadDim, "head_dim") ?? headDim ?? Math.Max(2, hidden / heads);
        return new ModelConfig
        {
            Architecture = json.Get("model_type").String(),
            VocabSize = Int(1, ConfigLimits.MaxVocab, "vocab_size"),
            HiddenSize = hidden,
            Layers = Int(1, ConfigLimits.MaxLayers, "num_hidden_layers", "n_layer", "n_layers"),
            QueryHeads = heads,
            KvHeads = MaybeInt(1, ConfigLimits.MaxHeads, "num_key_value_heads") ?? heads,
            HeadDim = head,
            IntermediateSize = MaybeInt(1, ConfigLimits.MaxWidth, "intermediate_size", "ffn_dim", "n_inner", "ffn_hidden_size", "hidden_dim") ?? (4 * hidden),
            MaxContext = MaybeInt(1, ConfigLimits.MaxContext, "max_position_embeddings", "n_positions", "seq_length") ?? 2048,
            NormEpsilon = Epsilon(1e-6),
            Rope = RopeFields.Read(json, head, 1),
            TiedEmbeddings = Flag(false, "tie_word_embeddings"),
            AttentionBias = Flag(false, "attention_bias"),
            MlpBias = Flag(false, "mlp_bias"),
            Activation = Activation(Numerics.Kernels.Activation.Silu),
        };
    }

    public float Epsilon(double fallback) => Float(fallback, "rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon", "norm_epsilon", "norm_eps");

    public RopeConfig Rope(int headDim, double partial = 1) => RopeFields.Read(json, headDim, partial);

    /// <summary>The rotation of one kind of layer, where the file has them apart.</summary>
    public RopeConfig? RopeOf(string layerType, int headDim) => RopeFields.ReadKind(json, layerType, headDim);

    public Activation Activation(Activation fallback) =>
        ActivationOf(fallback, "hidden_activation", "hidden_act", "activation_function", "activation", "mlp_hidden_act");

    /// <summary>The activation that the first of the fields names.</summary>
    public Activation ActivationOf(Activation fallback, params ReadOnlySpan<string> names)
    {
        if (Text(names) is not { } name)
            return fallback;
        return name switch
        {
            "silu" or "swish" => Numerics.Kernels.Activation.Silu,
            "gelu" or "gelu_python" => Numerics.Kernels.Activation.Gelu,
            "gelu_new" or "gelu_pytorch_tanh" or "gelu_fast" => Numerics.Kernels.Activation.GeluTanh,
            "quick_gelu" => Numerics.Kernels.Activation.QuickGelu,
            "relu" => Numerics.Kernels.Activation.Relu,
            "relu2" => Numerics.Kernels.Activation.SquaredRelu,
            _ => throw Unsupported($"{names[0]} \"{name}\""),
        };
    }

    /// <summary>The layers' kinds of attention as the file lists them, or null.</summary>
    public string[]? LayerTypes(int layers)
    {
        if (Find("layer_types") is not { } list)
            return null;
        string[] types = [.. list.Items().Select(item => item.String())];
        return types.Length == layers ? types : throw list.Error($"{types.Length} layers are listed, but there are {layers}");
    }

    /// <summary>A plan of attention layers; <paramref name="isLocal"/> says which see a window only.</summary>
    /// <param name="layers">Layers.</param>
    /// <param name="window">The window; 0 for none.</param>
    /// <param name="isLocal">For layers that the file does not list.</param>
    public LayerConfig[] Windows(int layers, int window, Func<int, bool> isLocal)
    {
        string[]? types = LayerTypes(layers);
        var plan = new LayerConfig[layers];
        for (int layer = 0; layer < layers; layer++)
        {
            bool local = types?[layer] switch
            {
                null => isLocal(layer),
                "sliding_attention" => true,
                "full_attention" => false,
                { } other => throw Unsupported($"layer type \"{other}\""),
            };
            plan[layer] = new LayerConfig(LayerMixer.Attention, local ? window : 0, 0, FeedForwardKind.Dense);
        }

        return plan;
    }

    /// <summary>The window that the file says, 0 for none.</summary>
    public int Window(bool used = true) => used ? MaybeInt(1, int.MaxValue, "sliding_window") ?? 0 : 0;
}

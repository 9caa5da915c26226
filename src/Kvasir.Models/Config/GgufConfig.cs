namespace Kvasir.Models;

/// <summary>Reads a decoder's configuration from GGUF metadata (the keys of the GGUF specification and llama.cpp).</summary>
internal static class GgufConfig
{
    private static readonly string[] Families = ["llama", "qwen2", "qwen2moe", "qwen3", "qwen3moe", "gemma2", "gemma3"];

    private const string FrequencyTensor = "rope_freqs.weight";

    public static FamilyModel Read(GgufFile file)
    {
        var metadata = file.Metadata;
        string family = metadata.String("general.architecture")
            ?? throw new ModelFormatException(file.Path, "metadata \"general.architecture\" is missing");
        if (family == GgufEncoders.Bert)
            return GgufEncoders.Read(file);
        if (!Families.Contains(family))
            throw new UnsupportedModelException(file.Path, $"architecture \"{family}\" is not supported; supported in GGUF are {string.Join(", ", Families.Append(GgufEncoders.Bert))}");

        int Required(string name, int max) => GgufConfig.Required(file, $"{family}.{name}", max);

        int hidden = Required("embedding_length", ConfigLimits.MaxWidth);
        int heads = Required("attention.head_count", ConfigLimits.MaxHeads);
        int headDim = metadata.Integer($"{family}.attention.key_length", 2, ConfigLimits.MaxHeadDim) ?? hidden / heads;
        int valueDim = metadata.Integer($"{family}.attention.value_length", 2, ConfigLimits.MaxHeadDim) ?? headDim;
        if (valueDim != headDim)
            throw new UnsupportedModelException(file.Path, $"keys of {headDim} and values of {valueDim} dimensions are not supported");
        var config = ConfigLimits.Check(file.Path, new ModelConfig
        {
            Architecture = family,
            VocabSize = Vocabulary(file),
            HiddenSize = hidden,
            Layers = Required("block_count", ConfigLimits.MaxLayers),
            QueryHeads = heads,
            KvHeads = metadata.Integer($"{family}.attention.head_count_kv", 1, ConfigLimits.MaxHeads) ?? heads,
            HeadDim = headDim,
            IntermediateSize = metadata.Integer($"{family}.feed_forward_length", 1, ConfigLimits.MaxWidth)
                ?? metadata.Integer($"{family}.expert_feed_forward_length", 1, ConfigLimits.MaxWidth)
                ?? Required("feed_forward_length", ConfigLimits.MaxWidth),
            MaxContext = Required("context_length", ConfigLimits.MaxContext),
            NormEpsilon = (float)(metadata.Number($"{family}.attention.layer_norm_rms_epsilon") ?? 1e-5),
            Rope = ReadRope(file, family, headDim),
            TiedEmbeddings = !file.Tensors.ContainsKey("output.weight"),
            AttentionBias = file.Tensors.ContainsKey("blk.0.attn_q.bias"),
            MlpBias = file.Tensors.ContainsKey("blk.0.ffn_gate.bias"),
            TakesAdapters = family is "llama" or "qwen2",
        });
        config = ConfigLimits.Check(file.Path, GgufFamilies.Complete(file, config));
        return new FamilyModel(config, family == "llama" ? GgufNames.Interleaved : GgufNames.Dense);
    }

    /// <summary>A positive integer that every file has.</summary>
    public static int Required(GgufFile file, string key, int max) =>
        file.Metadata.Integer(key, 1, max) ?? throw new ModelFormatException(file.Path, $"metadata \"{key}\" is missing");

    /// <summary>Rows of the embedding.</summary>
    public static int Vocabulary(GgufFile file)
    {
        if (!file.Tensors.TryGetValue("token_embd.weight", out var embedding) || embedding.Shape.Length != 2)
            throw new ModelFormatException(file.Path, "the matrix \"token_embd.weight\" is missing");
        return embedding.Shape[0] <= ConfigLimits.MaxVocab
            ? (int)embedding.Shape[0]
            : throw new ModelFormatException(file.Path, $"a vocabulary of {embedding.Shape[0]} tokens is too large");
    }

    private static RopeConfig ReadRope(GgufFile file, string family, int headDim)
    {
        var metadata = file.Metadata;
        int rotary = metadata.Integer($"{family}.rope.dimension_count", 2, ConfigLimits.MaxHeadDim) ?? headDim;
        if (rotary != headDim)
            throw new UnsupportedModelException(file.Path, $"{rotary} rotary dimensions of {headDim} are not supported; the whole head is rotated");
        var rope = new RopeConfig { Theta = metadata.Number($"{family}.rope.freq_base") ?? 10000, RotaryDim = rotary };
        if (file.Tensors.TryGetValue(FrequencyTensor, out var factors))
        {
            var divisors = TensorReader.ReadVector(file.Path, factors, rotary / 2);
            if (divisors.Any(d => !(d > 0) || !float.IsFinite(d)))
                throw new ModelFormatException(file.Path, $"\"{FrequencyTensor}\" holds a divisor that is not positive");
            return rope with { Scaling = RopeScaling.PerFrequency, Divisors = divisors };
        }

        string kind = metadata.String($"{family}.rope.scaling.type") ?? "none";
        double factor = metadata.Number($"{family}.rope.scaling.factor") ?? metadata.Number($"{family}.rope.scale_linear") ?? 1;
        return kind switch
        {
            "none" when factor == 1 || metadata.Has($"{family}.rope.scaling.type") => rope,
            "none" or "linear" => rope with { Scaling = RopeScaling.Linear, Factor = factor },
            _ => throw new UnsupportedModelException(file.Path, $"rope scaling \"{kind}\" is not supported; supported are none and linear"),
        };
    }
}

using Kvasir.Numerics.Kernels;

namespace Kvasir.Models;

/// <summary>Reads and writes a decoder's configuration as GGUF metadata (the keys of the GGUF specification and llama.cpp).</summary>
internal static class GgufConfig
{
    public static FamilyModel Read(GgufFile file)
    {
        string name = file.Metadata.String("general.architecture")
            ?? throw new ModelFormatException(file.Path, "metadata \"general.architecture\" is missing");
        var family = GgufFamilies.Named(name);
        if (family is null && name != GgufEncoders.Bert)
            throw new UnsupportedModelException(file.Path, $"architecture \"{name}\" is not supported; supported in GGUF are {string.Join(", ", GgufFamilies.Names.Append(GgufEncoders.Bert))}");
        var fields = new GgufFields(file, name);
        if (fields.Shape("token_embd.weight") is not [var vocabulary, _])
            throw new ModelFormatException(file.Path, "the matrix \"token_embd.weight\" is missing");
        if (vocabulary > ConfigLimits.MaxVocab)
            throw new ModelFormatException(file.Path, $"a vocabulary of {vocabulary} tokens is too large");

        if (family is null)
            return GgufEncoders.Read(fields, (int)vocabulary);

        // Architectures of mixers only say that they have no heads.
        int hidden = fields.Int("embedding_length", ConfigLimits.MaxWidth);
        bool attends = !fields.Has("ssm.inner_size") || fields.MaybeInt("attention.head_count", 0, ConfigLimits.MaxHeads) is > 0;
        int heads = attends ? fields.Int("attention.head_count", ConfigLimits.MaxHeads) : 1;
        int headDim = attends ? HeadDim(fields, hidden / heads) : 2;
        var config = ConfigLimits.Check(file.Path, new ModelConfig
        {
            Architecture = name,
            VocabSize = (int)vocabulary,
            HiddenSize = hidden,
            Layers = fields.Int("block_count", ConfigLimits.MaxLayers),
            QueryHeads = heads,
            KvHeads = attends ? fields.MaybeInt("attention.head_count_kv", 1, ConfigLimits.MaxHeads) ?? heads : 1,
            HeadDim = headDim,
            IntermediateSize = !attends ? 4 * hidden : fields.MaybeInt("feed_forward_length", 1, ConfigLimits.MaxWidth)
                ?? fields.MaybeInt("expert_feed_forward_length", 1, ConfigLimits.MaxWidth) ?? fields.Int("feed_forward_length", ConfigLimits.MaxWidth),
            MaxContext = fields.Int("context_length", ConfigLimits.MaxContext),
            NormEpsilon = (float)(fields.Number("attention.layer_norm_rms_epsilon") ?? fields.Number("attention.layer_norm_epsilon") ?? 1e-5),
            Rope = attends ? GgufRope.Read(fields, headDim, family.WholeBorders) : RopeConfig.None,
            TiedEmbeddings = !fields.HasTensor("output.weight"),
            AttentionBias = fields.HasTensor("blk.0.attn_q.bias") || fields.HasTensor("blk.0.attn_qkv.bias"),
            MlpBias = fields.HasTensor("blk.0.ffn_gate.bias") || fields.HasTensor("blk.0.ffn_up.bias"),
        });
        config = ConfigLimits.Check(file.Path, family.Read(fields, config));
        return new FamilyModel(config, family.Naming(config));
    }

    /// <summary>Writes the metadata that <see cref="Read"/> reads.</summary>
    public static void Write(GgufWriter writer, GgufFamily family, ModelConfig config)
    {
        var keys = new GgufKeys(writer, family.Name);
        bool attends = config.LayerPlan.Count == 0 || config.LayerPlan.Any(layer => layer.Mixer == LayerMixer.Attention);
        keys.Add("context_length", config.MaxContext);
        keys.Add("embedding_length", config.HiddenSize);
        keys.Add("block_count", config.Layers);
        keys.Add("feed_forward_length", attends ? config.IntermediateSize : 0);
        keys.Add("attention.head_count", attends ? config.QueryHeads : 0);
        keys.Add(config.Norm == NormKind.Layer ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon", config.NormEpsilon);
        keys.Add("vocab_size", config.VocabSize);
        if (attends)
        {
            // Latent rows are what llama.cpp's attention sees.
            keys.Add("attention.head_count_kv", config.CacheHeads);
            keys.Add("attention.key_length", config.CacheHeadDim);
            keys.Add("attention.value_length", config.Latent?.Rank ?? config.HeadDim);
            if (config.LayerPlan.Count == 0 || config.LayerPlan.Any(layer => layer.Rope >= 0))
                GgufRope.Write(keys, config);
        }

        family.Write?.Invoke(keys, config);
    }

    private static int HeadDim(GgufFields fields, int fallback)
    {
        int keys = fields.MaybeInt("attention.key_length", 2, ConfigLimits.MaxHeadDim) ?? fallback;
        int values = fields.MaybeInt("attention.value_length", 2, ConfigLimits.MaxHeadDim) ?? keys;
        return keys == values || fields.Has("attention.kv_lora_rank")
            ? keys
            : throw new UnsupportedModelException(fields.Path, $"keys of {keys} and values of {values} dimensions are not supported");
    }
}

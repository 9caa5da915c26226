using Kvasir.Numerics.Kernels;

namespace Kvasir.Models;

/// <summary>Gemma 1 to 3 (2024, 2025): norm weights less 1, scaled embeddings, from 2 on norms of outputs too, soft caps and local layers.</summary>
internal static class GemmaFamilies
{
    private const string Layer = "model.layers.{0}.";

    private static readonly WeightNaming Names = new(LlamaNames.Dense)
    {
        [WeightRole.AttentionOutputNorm] = [Layer + "post_attention_layernorm.weight"],
        [WeightRole.FeedForwardNorm] = [Layer + "pre_feedforward_layernorm.weight"],
        [WeightRole.FeedForwardOutputNorm] = [Layer + "post_feedforward_layernorm.weight"],
    };

    public static FamilyModel Gemma(FamilyFields fields) => new(Base(fields), LlamaNames.Dense);

    public static FamilyModel Gemma2(FamilyFields fields)
    {
        var config = Base(fields);
        return new(
            config with
            {
                NormPlaces = NormPlaces.Input | NormPlaces.Output,
                AttentionScale = Scale(fields),
                AttentionSoftCap = fields.Float(0, "attn_logit_softcapping"),
                LogitSoftCap = fields.Float(0, "final_logit_softcapping"),
                LayerPlan = fields.Windows(config.Layers, fields.Window(), layer => layer % 2 == 0),
            },
            Names);
    }

    public static FamilyModel Gemma3(FamilyFields fields)
    {
        var config = Base(fields);
        int pattern = fields.MaybeInt(1, ConfigLimits.MaxLayers, "sliding_window_pattern", "_sliding_window_pattern") ?? 6;
        var plan = fields.Windows(config.Layers, fields.Window(), layer => (layer + 1) % pattern != 0);
        string[]? types = fields.LayerTypes(config.Layers);
        for (int layer = 0; layer < plan.Length; layer++)
        {
            bool local = types is null ? (layer + 1) % pattern != 0 : types[layer] == "sliding_attention";
            plan[layer] = plan[layer] with { Rope = local ? 1 : 0 };
        }

        return new(
            config with
            {
                NormPlaces = NormPlaces.Input | NormPlaces.Output,
                QueryKeyNorm = QueryKeyNorm.Head,
                AttentionScale = Scale(fields),
                AttentionSoftCap = fields.Float(0, "attn_logit_softcapping"),
                LogitSoftCap = fields.Float(0, "final_logit_softcapping"),
                LocalRope = fields.RopeOf("sliding_attention", config.HeadDim)
                    ?? new RopeConfig { Theta = fields.Float(10000, "rope_local_base_freq"), RotaryDim = config.HeadDim },
                LayerPlan = plan,
            },
            Names);
    }

    private static ModelConfig Base(FamilyFields fields)
    {
        fields.Refuse("use_bidirectional_attention");
        var config = fields.Decoder(headDim: 256);
        return config with
        {
            TakesAdapters = true,
            NormOffset = true,
            EmbeddingScale = MathF.Sqrt(config.HiddenSize),
            Activation = fields.Activation(Activation.GeluTanh),
            TiedEmbeddings = fields.Flag(true, "tie_word_embeddings"),
        };
    }

    private static float Scale(FamilyFields fields) => 1 / MathF.Sqrt(fields.Float(256, "query_pre_attn_scalar"));
}

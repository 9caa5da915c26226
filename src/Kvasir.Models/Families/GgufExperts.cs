using Kvasir.Numerics;
using Kvasir.Numerics.Kernels;

namespace Kvasir.Models;

/// <summary>Architectures of GGUF files with mixtures of experts.</summary>
internal static class GgufExperts
{
    private const int Softmax = 1;
    private const int Sigmoid = 2;
    private const string UpExperts = "ffn_up_exps.weight";

    public static IEnumerable<GgufFamily> All { get; } =
    [
        new("qwen2moe", ["qwen2_moe"], _ => GgufNames.Dense, (f, c) => Stacked(f, c with { AttentionBias = true }, normalised: false)) { Write = Write },
        new("qwen3moe", ["qwen3_moe"], _ => GgufNames.Dense, (f, c) => Stacked(f, c with { QueryKeyNorm = QueryKeyNorm.Head })) { Write = Write },
        new("granitemoe", ["granitemoe", "granitemoeshared"], _ => GgufNames.Interleaved, Granite)
        {
            Write = (keys, c) =>
            {
                Write(keys, c);
                GgufDecoders.WriteMultipliers(keys, c);
            },
        },
        new("gpt-oss", ["gpt_oss"], _ => GgufNames.GptOss, GptOss)
        {
            WholeBorders = false, // as the models have it
            Write = (keys, c) =>
            {
                Write(keys, c);
                keys.AddWindow(c);
            },
        },
        new("deepseek2", ["deepseek_v2", "deepseek_v3"], c => c.Latent is { QueryRank: 0 } ? GgufNames.LatentDirect : GgufNames.Latent, DeepSeek2) { Write = WriteDeepSeek2 },
    ];

    /// <summary>Experts in stacked tensors, the shared ones with a gate.</summary>
    public static ModelConfig Stacked(GgufFields fields, ModelConfig config, bool normalised = true)
    {
        string first = Enumerable.Range(0, config.Layers).Select(layer => $"blk.{layer}.").FirstOrDefault(layer => fields.HasTensor(layer + UpExperts)) ?? "blk.0.";
        if (fields.Shape(first + UpExperts) is not [_, var width, _])
            throw new ModelFormatException(fields.Path, $"the experts \"{first}{UpExperts}\" are missing; files with one tensor an expert are not read");
        long sharedWidth = fields.Shape(first + "ffn_up_shexp.weight") is [var rows, _] ? rows : 0;
        return config with
        {
            Experts = new ExpertConfig
            {
                Count = fields.Int("expert_count", 4096),
                Chosen = fields.Int("expert_used_count", 4096),
                Width = (int)Math.Min(width, ConfigLimits.MaxWidth),
                Normalised = normalised,
                SharedWidth = (int)Math.Min(sharedWidth, ConfigLimits.MaxWidth),
                SharedGated = fields.HasTensor(first + "ffn_gate_inp_shexp.weight"),
            },
            LayerPlan = [.. Enumerable.Range(0, config.Layers).Select(layer => config.Layer(layer) with
            {
                FeedForward = fields.HasTensor($"blk.{layer}.{UpExperts}") ? FeedForwardKind.Experts : FeedForwardKind.Dense,
            })],
        };
    }

    /// <summary>Writes the numbers of experts.</summary>
    public static void Write(GgufKeys keys, ModelConfig config)
    {
        var experts = config.Experts!;
        keys.Add("expert_count", experts.Count);
        keys.Add("expert_used_count", experts.Chosen);
        keys.Add("expert_feed_forward_length", experts.Width);
        if (experts.SharedWidth > 0)
            keys.Add("expert_shared_feed_forward_length", experts.SharedWidth);
    }

    /// <summary>A softmax over all that is normalised over the chosen is a softmax over the chosen.</summary>
    private static ModelConfig Granite(GgufFields fields, ModelConfig config)
    {
        config = GgufDecoders.Multiplied(fields, Stacked(fields, config, normalised: false));
        return config with { Experts = config.Experts! with { Scoring = ExpertScoring.SoftmaxOfChosen } };
    }

    private static ModelConfig GptOss(GgufFields fields, ModelConfig config)
    {
        config = Stacked(fields, config with { LayerPlan = fields.Windows(config.Layers, layer => layer % 2 == 0) }, normalised: false);
        return config with
        {
            AttentionBias = true,
            Sinks = true,
            Activation = Activation.ClampedSwiglu,
            Experts = config.Experts! with { Scoring = ExpertScoring.SoftmaxOfChosen, RouterBias = true, Bias = true },
        };
    }

    private static ModelConfig DeepSeek2(GgufFields fields, ModelConfig config)
    {
        int rotary = config.Rope.RotaryDim;
        int width = fields.MaybeInt("attention.key_length_mla", 2, ConfigLimits.MaxHeadDim) ?? fields.Int("attention.key_length", ConfigLimits.MaxHeadDim);
        if (width <= rotary)
            throw new ModelFormatException(fields.Path, $"heads of {width} dimensions with {rotary} rotated ones have no others");
        bool sigmoid = fields.MaybeInt("expert_gating_func", 0, 16) is Sigmoid;
        config = Stacked(fields, config with
        {
            HeadDim = width,
            KvHeads = config.QueryHeads,
            Rope = config.Rope with { AttentionFactor = 1 },
            AttentionScale = LatentScale(fields, config, width),
            Latent = new LatentConfig
            {
                QueryRank = fields.MaybeInt("attention.q_lora_rank", 0, ConfigLimits.MaxWidth) ?? 0,
                Rank = fields.Int("attention.kv_lora_rank", ConfigLimits.MaxHeadDim),
                RotaryDim = rotary,
                PlainDim = width - rotary,
                ValueDim = fields.MaybeInt("attention.value_length_mla", 2, ConfigLimits.MaxHeadDim) ?? fields.Int("attention.value_length", ConfigLimits.MaxHeadDim),
                NormEpsilon = config.NormEpsilon,
            },
        });
        return config with
        {
            Experts = config.Experts! with
            {
                Scoring = sigmoid ? ExpertScoring.Sigmoid : ExpertScoring.Softmax,
                Normalised = fields.Flag("expert_weights_norm", false),
                Scale = fields.Float("expert_weights_scale", 1),
                Corrected = fields.HasTensor($"blk.{config.Layers - 1}.exp_probs_b.bias"),
                Groups = fields.MaybeInt("expert_group_count", 1, 1024) ?? 1,
                ChosenGroups = fields.MaybeInt("expert_group_used_count", 1, 1024) ?? 1,
                GroupBest = sigmoid ? 2 : 1,
            },
        };
    }

    /// <summary>YaRN's magnitude sharpens the scores: <c>(1 + log multiplier * ln factor)^2</c>.</summary>
    private static float LatentScale(GgufFields fields, ModelConfig config, int width)
    {
        double magnitude = 1;
        if (config.Rope.Scaling == RopeScaling.Yarn && fields.Number("rope.scaling.yarn_log_multiplier") is { } log)
            magnitude = 1 + (log * Elementary.Log(config.Rope.Factor));
        return (float)(magnitude * magnitude / Math.Sqrt(width));
    }

    private static void WriteDeepSeek2(GgufKeys keys, ModelConfig config)
    {
        var (experts, latent) = (config.Experts!, config.Latent!);
        Write(keys, config);
        if (latent.QueryRank > 0)
            keys.Add("attention.q_lora_rank", latent.QueryRank);
        keys.Add("attention.kv_lora_rank", latent.Rank);
        keys.Add("attention.key_length_mla", config.HeadDim);
        keys.Add("attention.value_length_mla", latent.ValueDim);
        keys.Add("leading_dense_block_count", config.LayerPlan.TakeWhile(layer => layer.FeedForward == FeedForwardKind.Dense).Count());
        if (experts.SharedWidth > 0)
            keys.Add("expert_shared_count", Math.Max(1, experts.SharedWidth / experts.Width));
        keys.Add("expert_weights_scale", experts.Scale);
        keys.Add("expert_weights_norm", experts.Normalised);
        keys.Add("expert_gating_func", experts.Scoring == ExpertScoring.Sigmoid ? Sigmoid : Softmax);
        if (experts.Groups > 1)
        {
            keys.Add("expert_group_count", experts.Groups);
            keys.Add("expert_group_used_count", experts.ChosenGroups);
        }

        double magnitude = Math.Sqrt(config.ScoreScale(0) * Math.Sqrt(config.HeadDim));
        if (config.Rope.Scaling == RopeScaling.Yarn && magnitude > 1 + 1e-6)
            keys.Add("rope.scaling.yarn_log_multiplier", (float)((magnitude - 1) / Elementary.Log(config.Rope.Factor)));
    }
}

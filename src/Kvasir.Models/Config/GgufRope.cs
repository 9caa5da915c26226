namespace Kvasir.Models;

/// <summary>Rotary embeddings in GGUF metadata, and in tensors of divisors.</summary>
internal static class GgufRope
{
    private const string Divisors = "rope_freqs.weight";
    private const string ShortDivisors = "rope_factors_short.weight";
    private const string LongDivisors = "rope_factors_long.weight";

    /// <summary>Reads the rotation.</summary>
    /// <param name="fields">The file.</param>
    /// <param name="headDim">Dimensions of a head.</param>
    /// <param name="wholeBorders">Borders of YaRN's ramp are whole dimensions.</param>
    public static RopeConfig Read(GgufFields fields, int headDim, bool wholeBorders)
    {
        int rotary = fields.MaybeInt("rope.dimension_count", 2, ConfigLimits.MaxHeadDim) ?? headDim;
        var rope = new RopeConfig { Theta = fields.Number("rope.freq_base") ?? 10000, RotaryDim = rotary };
        if (fields.Divisors(Divisors, rotary / 2) is { } divisors)
            return rope with { Scaling = RopeScaling.PerFrequency, Divisors = divisors };
        if (fields.Divisors(ShortDivisors, rotary / 2) is { } shorter && fields.Divisors(LongDivisors, rotary / 2) is { } longer)
        {
            return rope with
            {
                Scaling = RopeScaling.Long,
                Divisors = shorter,
                LongDivisors = longer,
                OriginalContext = fields.MaybeInt("rope.scaling.original_context_length", 1, ConfigLimits.MaxContext) ?? fields.Int("context_length", ConfigLimits.MaxContext),
                AttentionFactor = fields.Float("rope.scaling.attn_factor", 1),
            };
        }

        string kind = fields.Text("rope.scaling.type") ?? "none";
        double factor = fields.Number("rope.scaling.factor") ?? fields.Number("rope.scale_linear") ?? 1;
        return kind switch
        {
            "none" when factor == 1 || fields.Has("rope.scaling.type") => rope,
            "none" or "linear" => rope with { Scaling = RopeScaling.Linear, Factor = factor },
            "yarn" => rope with
            {
                Scaling = RopeScaling.Yarn,
                Factor = factor,
                OriginalContext = fields.Int("rope.scaling.original_context_length", ConfigLimits.MaxContext),
                FastTurns = fields.Number("rope.scaling.yarn_beta_fast") ?? 32,
                SlowTurns = fields.Number("rope.scaling.yarn_beta_slow") ?? 1,
                WholeBorders = wholeBorders,
                AttentionFactor = (float)((fields.Number("rope.scaling.attn_factor") ?? 1) * RopeFields.Magnitude(factor, 1)),
            },
            _ => throw new UnsupportedModelException(fields.Path, $"rope scaling \"{kind}\" is not supported; supported are none, linear, yarn and tensors of divisors"),
        };
    }

    /// <summary>Writes the metadata.</summary>
    public static void Write(GgufKeys keys, ModelConfig config)
    {
        var rope = config.Rope;
        keys.Add("rope.freq_base", (float)rope.Theta);
        keys.Add("rope.dimension_count", rope.RotaryDim);
        switch (rope.Scaling)
        {
            case RopeScaling.Linear:
                keys.Add("rope.scaling.type", "linear");
                keys.Add("rope.scaling.factor", (float)rope.Factor);
                break;
            case RopeScaling.Yarn:
                keys.Add("rope.scaling.type", "yarn");
                keys.Add("rope.scaling.factor", (float)rope.Factor);
                keys.Add("rope.scaling.original_context_length", rope.OriginalContext);
                if (rope.FastTurns != 32)
                    keys.Add("rope.scaling.yarn_beta_fast", (float)rope.FastTurns);
                if (rope.SlowTurns != 1)
                    keys.Add("rope.scaling.yarn_beta_slow", (float)rope.SlowTurns);
                double factor = rope.AttentionFactor / RopeFields.Magnitude(rope.Factor, 1);
                if (config.Latent is null && Math.Abs(factor - 1) > 1e-6)
                    keys.Add("rope.scaling.attn_factor", (float)factor);
                break;
            case RopeScaling.Long:
                keys.Add("rope.scaling.original_context_length", rope.OriginalContext);
                keys.Add("rope.scaling.attn_factor", rope.AttentionFactor);
                break;
        }
    }

    /// <summary>The divisors that a file keeps in tensors of their own.</summary>
    public static IEnumerable<(string Name, float[] Values)> Tensors(RopeConfig rope) => rope.Scaling switch
    {
        RopeScaling.Llama3 or RopeScaling.PerFrequency => [(Divisors, rope.FrequencyDivisors())],
        RopeScaling.Long => [(LongDivisors, [.. rope.LongDivisors!]), (ShortDivisors, [.. rope.Divisors!])],
        _ => [],
    };
}

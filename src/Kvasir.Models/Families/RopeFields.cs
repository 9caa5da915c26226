using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>
/// Reads rotary embeddings of config.json: of transformers 4 (<c>rope_theta</c>, <c>rope_scaling</c>, <c>partial_rotary_factor</c>) and 5
/// (<c>rope_parameters</c>, also one for each kind of layer).
/// </summary>
internal static class RopeFields
{
    private const string Full = "full_attention";

    /// <param name="json">The configuration.</param>
    /// <param name="headDim">Dimensions of a head.</param>
    /// <param name="partial">The part of them that is rotated when the file does not say.</param>
    public static RopeConfig Read(JsonField json, int headDim, double partial)
    {
        var parameters = json.Find("rope_parameters") ?? json.Find("rope_scaling");
        if (parameters is { IsObject: true } kinds && kinds.Find(Full) is { } full)
            parameters = full;
        return Read(json, parameters, headDim, partial);
    }

    /// <summary>The rotation of one kind of layer, or null when the file does not have them apart.</summary>
    public static RopeConfig? ReadKind(JsonField json, string kind, int headDim) =>
        json.Find("rope_parameters") is { IsObject: true } kinds && kinds.Find(kind) is { IsObject: true } parameters
            ? Read(json, parameters, headDim, 1)
            : null;

    private static RopeConfig Read(JsonField json, JsonField? parameters, int headDim, double partial)
    {
        var fields = parameters is { IsObject: true } ? parameters : null;
        double theta = (fields?.Find("rope_theta") ?? json.Find("rope_theta") ?? json.Find("rotary_emb_base"))?.Number() ?? 10000;
        double part = (fields?.Find("partial_rotary_factor") ?? json.Find("partial_rotary_factor") ?? json.Find("rotary_pct"))?.Number() ?? partial;
        if (!(part > 0 && part <= 1))
            throw new ModelFormatException(json.Path, $"partial_rotary_factor {part} is not between 0 and 1");
        var rope = new RopeConfig { Theta = theta, RotaryDim = (int)(headDim * part) };
        if (fields is not { } s)
            return rope;

        string kind = (s.Find("rope_type") ?? s.Find("type"))?.String() ?? "default";
        return kind switch
        {
            // Dynamic scaling begins behind the configured context, which nothing here passes. Sections of rotations (mrope) are for
            // positions in pictures; text has the same position in all.
            "default" or "dynamic" or "mrope" => rope,
            "linear" => rope with { Scaling = RopeScaling.Linear, Factor = s.Get("factor").Number() },
            "llama3" => rope with
            {
                Scaling = RopeScaling.Llama3,
                Factor = s.Get("factor").Number(),
                LowFrequencyFactor = s.Get("low_freq_factor").Number(),
                HighFrequencyFactor = s.Get("high_freq_factor").Number(),
                OriginalContext = s.Get("original_max_position_embeddings").Int(1, ConfigLimits.MaxContext),
            },
            "yarn" => Yarn(json, s, rope),
            "longrope" or "su" => Long(json, s, rope),
            _ => throw new UnsupportedModelException(
                json.Path, $"rope scaling \"{kind}\" is not supported; supported are default, linear, dynamic, llama3, yarn and longrope"),
        };
    }

    private static RopeConfig Yarn(JsonField json, JsonField s, RopeConfig rope)
    {
        int context = json.Find("max_position_embeddings")?.Int(1, ConfigLimits.MaxContext) ?? 2048;
        int original = s.Find("original_max_position_embeddings")?.Int(1, ConfigLimits.MaxContext) ?? context;
        double factor = s.Find("factor")?.Number() ?? ((double)context / original);
        double? all = s.Find("mscale_all_dim")?.Number();
        double? scale = s.Find("mscale")?.Number();
        double attention = s.Find("attention_factor")?.Number()
            ?? (scale is > 0 or < 0 && all is > 0 or < 0 ? Magnitude(factor, scale ?? 1) / Magnitude(factor, all ?? 1) : Magnitude(factor, 1));
        return rope with
        {
            Scaling = RopeScaling.Yarn,
            Factor = factor,
            OriginalContext = original,
            FastTurns = s.Find("beta_fast")?.Number() ?? 32,
            SlowTurns = s.Find("beta_slow")?.Number() ?? 1,
            WholeBorders = s.Find("truncate")?.Bool() ?? true,
            AttentionFactor = (float)attention,
        };
    }

    private static RopeConfig Long(JsonField json, JsonField s, RopeConfig rope)
    {
        int context = json.Find("max_position_embeddings")?.Int(1, ConfigLimits.MaxContext) ?? 2048;
        int original = (json.Find("original_max_position_embeddings") ?? s.Find("original_max_position_embeddings"))?.Int(1, ConfigLimits.MaxContext) ?? context;
        double factor = json.Find("original_max_position_embeddings") is null && s.Find("factor") is { } given
            ? given.Number()
            : (double)context / original;
        double attention = s.Find("attention_factor")?.Number()
            ?? (factor <= 1 ? 1 : Math.Sqrt(1 + (Elementary.Log(factor) / Elementary.Log(original))));
        return rope with
        {
            Scaling = RopeScaling.Long,
            OriginalContext = original,
            Divisors = [.. s.Get("short_factor").Items().Select(f => (float)f.Number())],
            LongDivisors = [.. s.Get("long_factor").Items().Select(f => (float)f.Number())],
            AttentionFactor = (float)attention,
        };
    }

    /// <summary>How much a stretched context sharpens attention (YaRN, section 3.3).</summary>
    internal static double Magnitude(double factor, double scale) => factor <= 1 ? 1 : (0.1 * scale * Elementary.Log(factor)) + 1;
}

using System.Globalization;

namespace Kvasir.KvCache.Blending;

/// <summary>The blend policies, by name.</summary>
/// <remarks>
/// The number beside a name is the share of the reused rows that is repaired, so that policies can be compared at equal work; the
/// naive ones have none. "cachecraft-alpha" is the published rule: the number is α, the share follows from the chunks, and repair may end
/// early, which "cachecraft" leaves out for the comparison's sake. "cacheblend-pooled" is CacheBlend with our averaging of deviations,
/// "question-first" is ours.
/// </remarks>
public static class BlendPolicies
{
    private static readonly string[] KnownNames =
        ["cacheblend", "cacheblend-gradual", "cacheblend-pooled", "cachecraft", "cachecraft-alpha", "kvshare", "kvshare-prefill", "naive", "naive-unrotated", "random", "first", "question-first"];

    /// <summary>All names, for help and messages.</summary>
    public static IReadOnlyList<string> Names => KnownNames;

    /// <summary>A policy.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="ratio">Share of the reused rows that is repaired, 0 to 1; α for "cachecraft-alpha".</param>
    /// <exception cref="ArgumentException">The name is unknown, or the number out of range.</exception>
    public static IBlendPolicy Create(string name, double ratio) => name switch
    {
        "cacheblend" => new CacheBlendPolicy(ratio),
        "cacheblend-gradual" => new CacheBlendPolicy(ratio, gradual: true),
        "cacheblend-pooled" => new CacheBlendPolicy(ratio, pool: CacheBlendPolicy.UsualPool),
        "cachecraft" => new CacheCraftPolicy(1) { Ratio = ratio, EndsEarly = false },
        "cachecraft-alpha" => new CacheCraftPolicy(ratio),
        "kvshare" => new KvSharePolicy(ratio),
        "kvshare-prefill" => new KvSharePolicy(ratio, answerRepairs: 0),
        "naive" => new NaivePolicy(),
        "naive-unrotated" => new NaivePolicy(correctPositions: false),
        "random" => new RandomRowsPolicy(ratio),
        "first" => new FirstRowsPolicy(ratio),
        "question-first" => new QuestionFirstPolicy(ratio),
        _ => throw new ArgumentException($"blend policy '{name}' is unknown; known: {string.Join(", ", KnownNames)}", nameof(name)),
    };

    /// <summary>A policy from <c>name</c> or <c>name:ratio</c>, such as <c>cacheblend:0.15</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="defaultRatio">The number when the text has none.</param>
    /// <exception cref="FormatException">Says what is wrong with the text.</exception>
    public static IBlendPolicy Parse(string text, double defaultRatio = 0.15)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var ratio = defaultRatio;
        if (colon >= 0 && !double.TryParse(text.AsSpan(colon + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out ratio))
            throw new FormatException($"'{text[(colon + 1)..]}' in blend policy '{text}' is no number; write name:ratio, such as cacheblend:0.15");
        try
        {
            return Create(colon < 0 ? text : text[..colon], ratio);
        }
        catch (ArgumentException error)
        {
            throw new FormatException($"blend policy '{text}': {error.Message}", error);
        }
    }
}

namespace Kvasir.KvCache.Compression.Profiles;

/// <summary>
/// How far back the heads of a model with ALiBi can see, from its weights alone (RazorAttention, Tang et al. 2025, section 3.1). A score is a
/// content, which is bounded, less a slope times the distance: weights behind L = (2 content - ln ε) / slope are below ε.
/// </summary>
public sealed record AlibiScopes
{
    /// <summary>ε: weights that do not count, as the published tool has it.</summary>
    public const double UsualEpsilon = 1e-5;

    private const double MostRows = 1 << 29;

    /// <summary>KV heads of a layer.</summary>
    public required int KvHeads { get; init; }

    /// <summary>What a head's score loses with every row of distance, <c>[queryHeads]</c>.</summary>
    public required double[] Slopes { get; init; }

    /// <summary>Largest content of a score by the published formula, ‖W_Q W_Kᵀ‖ (‖γ‖² + ‖b‖²), <c>[layers][queryHeads]</c>.</summary>
    public required double[][] Content { get; init; }

    /// <summary>Largest content in truth: with the scores' scale, and the longest vector that the norm can give.</summary>
    public required double[][] Bound { get; init; }

    /// <summary>Rows of each KV head's window, itself included: those of its farthest-sighted query head, <c>[layers][kvHeads]</c>.</summary>
    /// <param name="bounded">True to go by <see cref="Bound"/>.</param>
    /// <param name="epsilon">ε, above 0.</param>
    public int[][] Windows(bool bounded = false, double epsilon = UsualEpsilon)
    {
        var group = Slopes.Length / KvHeads;
        return [.. (bounded ? Bound : Content).Select(layer => Enumerable.Range(0, KvHeads).Select(head => Enumerable.Range(head * group, group).Max(q => Window(layer[q], q))).ToArray())];

        int Window(double content, int q) => (int)Math.Clamp(Math.Ceiling(((2 * content) - Math.Log(epsilon)) / Slopes[q]), 1, MostRows);
    }
}

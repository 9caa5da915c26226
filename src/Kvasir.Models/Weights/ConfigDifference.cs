using System.Globalization;

namespace Kvasir.Models;

/// <summary>Whether two configurations compute the same, up to the rounding of their numbers.</summary>
internal static class ConfigDifference
{
    private const double Tolerance = 1e-5;

    /// <summary>The first trait that differs, as both have it; null when none does.</summary>
    public static string? Between(ModelConfig a, ModelConfig b)
    {
        string[] first = Traits(a), second = Traits(b);
        for (int i = 0; i < Math.Max(first.Length, second.Length); i++)
        {
            string x = first.ElementAtOrDefault(i) ?? "nothing", y = second.ElementAtOrDefault(i) ?? "nothing";
            if (x != y && !(Number(x) is { } u && Number(y) is { } v && Close(u, v)))
                return $"{x} and {y}";
        }

        return Rotates(a) ? Frequencies(a.Rope, b.Rope) : null;
    }

    /// <summary>What is equal is written equally: names of families, defaults, and traits without effect.</summary>
    private static string[] Traits(ModelConfig config) => ConfigText.Traits(config with
    {
        NormOffset = false,
        AttentionScale = (config with { ScaleByLayer = false }).ScoreScale(0),
        QueryKeyNormKind = config.QueryKeyNorm == QueryKeyNorm.None ? default : config.QueryKeyNormKind,
        AlibiScale = config.Alibi ? config.AlibiScale : 1,
        LayerPlan = [.. Enumerable.Range(0, config.Layers).Select(config.Layer)],
        Experts = config.Experts is not { } experts ? null : experts with
        {
            GroupBest = experts.Groups == 1 ? 1 : experts.GroupBest,
            Normalised = experts.Normalised && experts.Scoring != ExpertScoring.SoftmaxOfChosen,
        },
        Rope = config.Rope with { LongDivisors = null },
    });

    private static string? Frequencies(RopeConfig a, RopeConfig b)
    {
        foreach (int context in (int[])[1, int.MaxValue])
        {
            float[] x = a.ForContext(context).InverseFrequencies(), y = b.ForContext(context).InverseFrequencies();
            for (int i = 0; i < Math.Max(x.Length, y.Length); i++)
            {
                if (i >= x.Length || i >= y.Length || !Close(x[i], y[i]))
                    return $"rotation {i} of {x.Length} and of {y.Length}";
            }
        }

        return null;
    }

    private static bool Rotates(ModelConfig config) => config.Recurrent is null && (config.LayerPlan.Count == 0 || config.LayerPlan.Any(layer => layer.Rope == 0));

    private static bool Close(double a, double b) => Math.Abs(a - b) <= Tolerance * Math.Max(Math.Abs(a), Math.Abs(b));

    private static double? Number(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : null;
}

using Kvasir.Numerics;

namespace Kvasir.KvCache.Blending.Anchors;

/// <summary>Weights from distances.</summary>
internal static class Softmax
{
    /// <summary>Below it a weight adds nothing, and has no normal logarithm.</summary>
    private const float LeastWeight = 1e-30f;

    /// <summary>Turns distances into weights <c>softmax(-d / (scale · temperature))</c>, in place.</summary>
    public static void FromDistances(Span<float> distances, DistanceScale scale, float temperature)
    {
        if (distances.IsEmpty)
            return;
        var (least, sum) = (float.PositiveInfinity, 0f);
        foreach (var distance in distances)
        {
            least = MathF.Min(least, distance);
            sum += distance;
        }

        var mean = scale == DistanceScale.Relative ? sum / distances.Length : 1;
        var divisor = mean > 0 ? mean * temperature : 1; // all equal to the text: any divisor gives equal weights
        var total = 0f;
        foreach (ref var distance in distances)
        {
            distance = Elementary.Exp((least - distance) / divisor);
            total += distance;
        }

        foreach (ref var weight in distances)
            weight /= total;
    }

    /// <summary>Entropy of weights, bits.</summary>
    public static double Entropy(ReadOnlySpan<float> weights)
    {
        var entropy = 0.0;
        foreach (var weight in weights)
        {
            if (weight >= LeastWeight)
                entropy -= weight * Elementary.Log(weight) / Elementary.Log(2);
        }

        return Math.Max(0, entropy);
    }
}

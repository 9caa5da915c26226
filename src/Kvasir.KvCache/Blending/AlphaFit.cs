namespace Kvasir.KvCache.Blending;

/// <summary>
/// Cache-Craft's α for a model and a workload, from measured points (section 3.3: the least repair that keeps the quality).
/// </summary>
public static class AlphaFit
{
    /// <summary>
    /// The smallest α whose loss is within the target, and whose larger neighbours' are too: a lucky point below a bad one does not count.
    /// Points of the same α, such as those of several seeds, are averaged.
    /// </summary>
    /// <param name="points">What was measured, in any order.</param>
    /// <param name="targetLoss">Most loss, in the points' unit.</param>
    /// <returns>The α with its mean loss and share; null when even the largest loses too much.</returns>
    public static AlphaPoint? Smallest(IEnumerable<AlphaPoint> points, double targetLoss)
    {
        AlphaPoint? best = null;
        var byAlpha = points.GroupBy(point => point.Alpha)
            .Select(group => new AlphaPoint(group.Key, group.Average(point => point.Loss), group.Average(point => point.RecomputedShare)))
            .OrderByDescending(point => point.Alpha);
        foreach (var point in byAlpha)
        {
            if (!(point.Loss <= targetLoss))
                break;
            best = point;
        }

        return best;
    }
}

namespace Kvasir.KvCache.Blending;

/// <summary>
/// Which chunks a question looks at (Cache-Craft, section 3.4): those above the largest gap in the attention mass that it has given to
/// each, summed over the layers done.
/// </summary>
public static class QuestionFocus
{
    /// <summary>Marks the chunks below the gap when the gap has parted the same chunks for a number of layers.</summary>
    /// <param name="snapshot">Mass a layer and chunk. Nothing is marked while some of it is no number.</param>
    /// <param name="settledLayers">w: layers in a row.</param>
    /// <param name="leastDepth">Share of the model's layers that must be done.</param>
    /// <param name="ended">Receives the marks; none is taken back <c>[Spans]</c>.</param>
    public static void EndUnfocused(in FocusSnapshot snapshot, int settledLayers, double leastDepth, Span<bool> ended)
    {
        if (snapshot.LayersDone < Math.Max(settledLayers, leastDepth * snapshot.Layers) || snapshot.Spans < 2)
            return;
        var sums = new double[snapshot.Spans];
        var focused = new bool[snapshot.Spans];
        bool[]? settled = null;
        for (var layer = 0; layer < snapshot.LayersDone; layer++)
        {
            for (var span = 0; span < sums.Length; span++)
                sums[span] += snapshot.Mass[(layer * snapshot.Spans) + span];
            if (layer < snapshot.LayersDone - settledLayers)
                continue;
            if (!Part(sums, focused) || (settled is not null && !settled.AsSpan().SequenceEqual(focused)))
                return;
            settled ??= [.. focused];
        }

        for (var span = 0; span < sums.Length; span++)
            ended[span] |= !focused[span];
    }

    /// <summary>Parts the chunks at the largest gap, of equal ones at the highest; false when there is none.</summary>
    internal static bool Part(ReadOnlySpan<double> sums, Span<bool> focused)
    {
        var order = sums.ToArray();
        Array.Sort(order);
        var (gap, threshold) = (0.0, double.NaN);
        for (var i = order.Length - 1; i > 0; i--)
        {
            if (order[i] - order[i - 1] > gap)
                (gap, threshold) = (order[i] - order[i - 1], order[i]);
        }

        // NaN sorts first, so that one look is enough.
        if (double.IsNaN(threshold) || double.IsNaN(order[0]))
            return false;
        for (var i = 0; i < sums.Length; i++)
            focused[i] = sums[i] >= threshold;
        return true;
    }
}

using Kvasir.KvCache.Chunks;
using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Blending;

/// <summary>
/// How far a chunk's rows depend on what stood before them, and how much of that stands before them again (Cache-Craft, arXiv 2502.15734,
/// equations 3 to 13).
/// </summary>
public static class ContextFit
{
    /// <summary>
    /// Cache Context Impact: <c>1 / (1 + exp(-a / b))</c>, 0.5 to 1, with <c>a = sum over j of inter_j / (|C| |C_j|)</c> and
    /// <c>b = intra / |C|²</c>, j over what stands between the system text and the chunk. With b = 0: 1 when a is above 0, else 0.5.
    /// </summary>
    /// <param name="context">What stood before the chunk.</param>
    /// <param name="length">|C|: tokens of the chunk.</param>
    public static double Impact(ChunkContext context, int length)
    {
        var outer = 0.0;
        for (var j = context.HasSystemText ? 1 : 0; j < context.Before.Count; j++)
            outer += context.Inter[j] / ((double)length * context.BeforeLengths[j]);
        var inner = context.Intra / ((double)length * length);
        if (inner == 0)
            return outer > 0 ? 1 : 0.5;
        return 1 / (1 + Math.Exp(-outer / inner));
    }

    /// <summary>
    /// β' = β · (1 - γ). β is the share of the old outward mass that fell on texts which stand before the chunk again, γ their order
    /// penalty: of all pairs of them the share that has changed places (Kendall).
    /// </summary>
    /// <remarks>
    /// 1 when exactly the same texts stand before it in the same order, also when there are none. 0 when nothing stood before it and
    /// something does now: then β is undefined, and a literal reading ("nothing was lost") would repair nothing. As published, a text
    /// that is new before the chunk and had no mass then is not seen. A system text that stands before both is left out on both sides: the
    /// mass that rests on it would hide what happens to the rest.
    /// </remarks>
    public static double Overlap(ChunkContext context, IReadOnlyList<BlockKey> before)
    {
        if (context.Before.SequenceEqual(before))
            return 1;
        var kept = new List<int>(); // places in the new order, in the old order
        var taken = new bool[before.Count];
        var (all, common) = (0.0, 0.0);
        var first = context.HasSystemText && before.Count > 0 && before[0] == context.Before[0] ? 1 : 0;
        for (var j = first; j < context.Before.Count; j++)
        {
            all += context.Inter[j];
            var place = first;
            // The n-th of equal texts is the n-th again.
            while (place < before.Count && (taken[place] || before[place] != context.Before[j]))
                place++;
            if (place == before.Count)
                continue;
            taken[place] = true;
            common += context.Inter[j];
            kept.Add(place);
        }

        return all > 0 ? common / all * (1 - OrderPenalty(kept)) : 0;
    }

    /// <summary>Cache Fix Overhead: <c>clamp(α · CCI · (1 - β'), 0, 1)</c>, the share of the chunk to be repaired.</summary>
    /// <remarks>
    /// Without a context nothing is known, and the most is assumed: CCI = 1, β' = 0. What is not a number is 1 as well.
    /// </remarks>
    public static double FixOverhead(double alpha, ChunkContext? context, int length, IReadOnlyList<BlockKey> before)
    {
        var overhead = context is null ? alpha : alpha * Impact(context, length) * (1 - Overlap(context, before));
        return double.IsNaN(overhead) ? 1 : Math.Clamp(overhead, 0, 1);
    }

    /// <summary>γ: discordant pairs of all pairs; 0 for fewer than two texts.</summary>
    /// <param name="places">Where each text stands now, in the order that they stood in.</param>
    internal static double OrderPenalty(IReadOnlyList<int> places)
    {
        var discordant = 0;
        for (var i = 0; i < places.Count; i++)
        {
            for (var j = i + 1; j < places.Count; j++)
                discordant += places[i] > places[j] ? 1 : 0;
        }

        return places.Count < 2 ? 0 : discordant / (places.Count * (places.Count - 1) / 2.0);
    }
}

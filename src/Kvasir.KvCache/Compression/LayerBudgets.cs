namespace Kvasir.KvCache.Compression;

/// <summary>Splits a number of rows over layers in proportion to what they want, in whole rows, none above a cap.</summary>
public static class LayerBudgets
{
    /// <summary>Splits.</summary>
    /// <param name="wanted">What each layer wants; positive.</param>
    /// <param name="total">Rows to share.</param>
    /// <param name="cap">Most rows of a layer.</param>
    /// <returns>Rows of each layer; their sum is <paramref name="total"/> or all caps.</returns>
    public static int[] Split(ReadOnlySpan<double> wanted, long total, int cap)
    {
        double sum = 0;
        foreach (var want in wanted)
            sum += want;
        var budgets = new int[wanted.Length];
        long given = 0;
        for (var layer = 0; layer < budgets.Length; layer++)
        {
            budgets[layer] = (int)Math.Min(cap, wanted[layer] / sum * total);
            given += budgets[layer];
        }

        // What caps and rounding leave over goes in equal shares to those that can take it, the remainder to the first of them.
        for (var left = Math.Min(total, (long)cap * budgets.Length) - given; left > 0;)
        {
            var open = 0;
            foreach (var budget in budgets)
                open += budget < cap ? 1 : 0;
            var share = Math.Max(1, left / open);
            for (var layer = 0; layer < budgets.Length && left > 0; layer++)
            {
                var more = (int)Math.Min(Math.Min(share, left), cap - budgets[layer]);
                budgets[layer] += more;
                left -= more;
            }
        }

        return budgets;
    }
}

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

    /// <summary>
    /// Splits so that layers fill whole pieces of memory: what a layer gets of the last piece costs as much as the piece. What rounding leaves
    /// over goes, a piece each, to the layers that it took most from, and from the start again while there is any.
    /// </summary>
    /// <param name="wanted">What each layer wants; positive.</param>
    /// <param name="total">Rows to share.</param>
    /// <param name="caps">Most rows of each layer.</param>
    /// <param name="others">Rows that every layer has besides, in its first pieces.</param>
    /// <param name="piece">Rows of a piece.</param>
    /// <returns>Rows of each layer: with the others whole pieces, or its cap.</returns>
    public static int[] SplitPieces(ReadOnlySpan<double> wanted, long total, ReadOnlySpan<int> caps, int others, int piece)
    {
        double sum = 0;
        foreach (var want in wanted)
            sum += want;
        var pieces = new int[wanted.Length];
        var missed = new double[wanted.Length];
        var left = (total + ((long)others * wanted.Length)) / piece;
        for (var layer = 0; layer < pieces.Length; layer++)
        {
            var exact = ((wanted[layer] / sum * total) + others) / piece;
            pieces[layer] = Math.Clamp((int)exact, Pieces(others), Pieces(others + caps[layer]));
            missed[layer] = pieces[layer] - exact;
            left -= pieces[layer];
        }

        int[] order = [.. Enumerable.Range(0, pieces.Length).OrderBy(layer => missed[layer])];
        for (var any = true; any && left < 0;)
        {
            // Layers that are raised to what they have anyway take it from those that rounding favoured.
            any = false;
            for (var i = order.Length - 1; i >= 0 && left < 0; i--)
            {
                if (pieces[order[i]] <= Pieces(others))
                    continue;
                pieces[order[i]]--;
                left++;
                any = true;
            }
        }

        for (var any = true; any && left > 0;)
        {
            any = false;
            foreach (var layer in order)
            {
                if (left == 0 || pieces[layer] >= Pieces(others + caps[layer]))
                    continue;
                pieces[layer]++;
                left--;
                any = true;
            }
        }

        for (var layer = 0; layer < pieces.Length; layer++)
            pieces[layer] = Math.Min(caps[layer], (pieces[layer] * piece) - others);
        return pieces;

        int Pieces(int rows) => (rows + piece - 1) / piece;
    }
}

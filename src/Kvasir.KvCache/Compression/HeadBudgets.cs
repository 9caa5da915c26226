namespace Kvasir.KvCache.Compression;

/// <summary>
/// Ada-KV (Feng et al. 2024): the heads of a layer compete for its budget, each with a part that is safe. The best rows of that part are out of the
/// competition (as in later published code), so that budgets add up; the paper mixes numbers of rows, and rounds them.
/// </summary>
public static class HeadBudgets
{
    /// <summary>Shares a layer's budget.</summary>
    /// <param name="scores">Scores of the rows, for each head.</param>
    /// <param name="budget">Mean rows a head.</param>
    /// <param name="safeguard">Share of it that every head gets in any case.</param>
    /// <param name="budgets">Receives the rows of each head; their sum is that of the mean.</param>
    public static void Share(float[][] scores, int budget, double safeguard, Span<int> budgets)
    {
        var rows = scores[0].Length;
        var safe = Math.Min(rows, (int)(budget * safeguard));
        var all = new float[scores.Length * rows];
        for (var head = 0; head < scores.Length; head++)
        {
            // The safe part is out of the competition.
            var best = new List<int>(safe);
            TopRows.Add(scores[head], safe, best);
            scores[head].CopyTo(all.AsSpan(head * rows));
            foreach (var row in best)
                all[(head * rows) + row] = float.NegativeInfinity;
            budgets[head] = safe;
        }

        var won = new List<int>();
        TopRows.Add(all, (budget - safe) * scores.Length, won);
        foreach (var place in won)
            budgets[place / rows]++;
    }
}

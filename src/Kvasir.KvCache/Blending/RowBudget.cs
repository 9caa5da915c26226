namespace Kvasir.KvCache.Blending;

/// <summary>Shares a number of rows out among stretches.</summary>
internal static class RowBudget
{
    /// <summary>
    /// Each stretch gets rows by length and weight, no more than it has; what one cannot take goes to the others, to those without
    /// weight last. The fractions that remain go to the largest ones, of equal ones to the first.
    /// </summary>
    /// <param name="total">Rows to share out; at most the sum of the lengths.</param>
    /// <param name="lengths">Rows a stretch <c>[spans]</c>.</param>
    /// <param name="weights">Share of a stretch that should be taken, at least 0 <c>[spans]</c>.</param>
    /// <returns>Rows to take of each <c>[spans]</c>.</returns>
    public static int[] Distribute(int total, ReadOnlySpan<int> lengths, ReadOnlySpan<double> weights)
    {
        var exact = new double[lengths.Length];
        var left = (double)total;
        left -= Fill(left, lengths, weights, exact, weighted: true);
        Fill(left, lengths, weights, exact, weighted: false);

        var rows = new int[lengths.Length];
        var given = 0;
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = Math.Min(lengths[i], (int)(exact[i] + 1e-9));
            given += rows[i];
        }

        for (; given < total; given++)
            rows[LargestRemainder(exact, rows, lengths)]++;
        return rows;
    }

    /// <summary>Water-filling: stretches that are full leave, and the rest is shared out among the others anew.</summary>
    private static double Fill(double amount, ReadOnlySpan<int> lengths, ReadOnlySpan<double> weights, double[] exact, bool weighted)
    {
        var left = amount;
        var full = new bool[lengths.Length];
        while (left > 1e-9)
        {
            var sum = 0.0;
            for (var i = 0; i < lengths.Length; i++)
                sum += Claim(i, lengths, weights);
            if (sum == 0)
                break;
            var share = left / sum;
            var overflowed = false;
            for (var i = 0; i < lengths.Length; i++)
            {
                var claim = Claim(i, lengths, weights);
                if (claim == 0 || exact[i] + (share * claim) < lengths[i])
                    continue;
                left -= lengths[i] - exact[i];
                exact[i] = lengths[i];
                full[i] = overflowed = true;
            }

            if (overflowed)
                continue;
            for (var i = 0; i < lengths.Length; i++)
                exact[i] += share * Claim(i, lengths, weights);
            left = 0;
        }

        return amount - left;

        double Claim(int i, ReadOnlySpan<int> lengths, ReadOnlySpan<double> weights) =>
            full[i] || weighted != weights[i] > 0 ? 0 : weighted ? lengths[i] * weights[i] : lengths[i];
    }

    private static int LargestRemainder(double[] exact, int[] rows, ReadOnlySpan<int> lengths)
    {
        var best = -1;
        for (var i = 0; i < rows.Length; i++)
        {
            if (rows[i] < lengths[i] && (best < 0 || exact[i] - rows[i] > exact[best] - rows[best]))
                best = i;
        }

        return best;
    }
}

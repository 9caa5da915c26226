namespace Kvasir.Benchmarks.ScBench.Scoring;

/// <summary>Sentence BLEU over words up to four in a row, with the fourth smoothing of Chen and Cherry (2014), against one reference.</summary>
/// <remarks>
/// An order without any match counts as 1 / (2^i · 5 / ln length) of one, i being its number among such orders; without a matching word the
/// score is 0. Checked against NLTK's sentence_bleu.
/// </remarks>
internal static class Bleu
{
    private const int Orders = 4;
    private const double Smoothing = 5;

    /// <summary>From 0 to 1.</summary>
    public static double Score(string reference, string candidate)
    {
        var expected = Words(reference);
        var words = Words(candidate);
        if (words.Length == 0)
            return 0;
        var sum = 0.0;
        var missing = 0;
        for (var order = 1; order <= Orders; order++)
        {
            var (matches, total) = Matches(expected, words, order);
            if (matches == 0 && order == 1)
                return 0;
            var precision = (double)matches / Math.Max(1, total);
            if (matches == 0)
            {
                if (words.Length < 2)
                    return 0;
                missing++;
                precision = Math.Log(words.Length) / (Math.Pow(2, missing) * Smoothing) / Math.Max(1, total);
            }

            sum += Math.Log(precision) / Orders;
        }

        var brevity = words.Length >= expected.Length ? 1 : Math.Exp(1 - ((double)expected.Length / words.Length));
        return brevity * Math.Exp(sum);
    }

    private static (int Matches, int Total) Matches(string[] expected, string[] words, int order)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var gram in Grams(expected, order))
            counts[gram] = counts.GetValueOrDefault(gram) + 1;
        var (matches, total) = (0, 0);
        foreach (var gram in Grams(words, order))
        {
            total++;
            if (counts.GetValueOrDefault(gram) is > 0 and var left)
            {
                counts[gram] = left - 1;
                matches++;
            }
        }

        return (matches, total);
    }

    private static IEnumerable<string> Grams(string[] words, int order)
    {
        for (var i = 0; i + order <= words.Length; i++)
            yield return string.Join(' ', words[i..(i + order)]);
    }

    private static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}

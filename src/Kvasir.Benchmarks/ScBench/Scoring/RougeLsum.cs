using System.Text.RegularExpressions;

namespace Kvasir.Benchmarks.ScBench.Scoring;

/// <summary>
/// ROUGE-Lsum (Lin 2004): for every reference line the words that lie on a longest common subsequence with any line of the candidate, as an
/// F measure. Words are runs of letters a-z and digits in lower case, without stemming. Checked against the rouge-score package.
/// </summary>
internal static partial class RougeLsum
{
    /// <summary>From 0 to 1.</summary>
    public static double Score(string reference, string candidate)
    {
        var expected = Lines(reference);
        var lines = Lines(candidate);
        var (expectedWords, words) = (expected.Sum(line => line.Length), lines.Sum(line => line.Length));
        if (expectedWords == 0 || words == 0)
            return 0;
        var expectedLeft = Count(expected);
        var left = Count(lines);
        var hits = 0;
        foreach (var line in expected)
        {
            foreach (var index in Union(line, lines))
            {
                var word = line[index];
                if (expectedLeft[word] > 0 && left.GetValueOrDefault(word) > 0)
                {
                    hits++;
                    expectedLeft[word]--;
                    left[word]--;
                }
            }
        }

        var (recall, precision) = ((double)hits / expectedWords, (double)hits / words);
        return hits == 0 ? 0 : 2 * recall * precision / (recall + precision);
    }

    private static SortedSet<int> Union(string[] line, string[][] candidates)
    {
        var union = new SortedSet<int>();
        foreach (var candidate in candidates)
            union.UnionWith(Common(line, candidate));
        return union;
    }

    /// <summary>Indices into <paramref name="line"/> of a longest common subsequence.</summary>
    private static IEnumerable<int> Common(string[] line, string[] other)
    {
        var lengths = new int[line.Length + 1, other.Length + 1];
        for (var i = 1; i <= line.Length; i++)
        {
            for (var j = 1; j <= other.Length; j++)
                lengths[i, j] = line[i - 1] == other[j - 1] ? lengths[i - 1, j - 1] + 1 : Math.Max(lengths[i - 1, j], lengths[i, j - 1]);
        }

        for (var (i, j) = (line.Length, other.Length); i > 0 && j > 0;)
        {
            if (line[i - 1] == other[j - 1])
            {
                yield return i - 1;
                (i, j) = (i - 1, j - 1);
            }
            else if (lengths[i, j - 1] > lengths[i - 1, j])
            {
                j--;
            }
            else
            {
                i--;
            }
        }
    }

    private static Dictionary<string, int> Count(string[][] lines) =>
        lines.SelectMany(line => line).CountBy(word => word).ToDictionary(StringComparer.Ordinal);

    private static string[][] Lines(string text) => [.. text.Split('\n').Select(line => Word().Matches(line.ToLowerInvariant()).Select(word => word.Value).ToArray())];

    [GeneratedRegex("[a-z0-9]+")]
    private static partial Regex Word();
}

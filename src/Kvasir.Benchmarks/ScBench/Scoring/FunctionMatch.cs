namespace Kvasir.Benchmarks.ScBench.Scoring;

/// <summary>Whether an answer is the asked function, as RepoQA judges it.</summary>
internal static class FunctionMatch
{
    /// <summary>Least similarity of the asked function.</summary>
    public const double Threshold = 0.8;

    private const string Fence = "```";

    /// <summary>True when the function in the answer is nearer to the asked one than to any other, and near enough.</summary>
    public static bool Passes(string answer, string asked, IReadOnlyList<string> all)
    {
        var function = Cut(answer);
        var similarity = Bleu.Score(asked, function);
        return similarity >= Threshold && all.All(other => other == asked || Bleu.Score(other, function) < similarity);
    }

    /// <summary>The first function of the first fenced block, or of the whole answer where nothing is fenced.</summary>
    public static string Cut(string answer)
    {
        var text = answer;
        if (answer.IndexOf(Fence, StringComparison.Ordinal) is >= 0 and var open && answer.IndexOf('\n', open) is >= 0 and var begin)
        {
            var close = answer.IndexOf(Fence, begin, StringComparison.Ordinal);
            text = close < 0 ? answer[(begin + 1)..] : answer[(begin + 1)..close];
        }

        var lines = text.Split('\n');
        var first = Array.FindIndex(lines, line => line.TrimStart().StartsWith("def ", StringComparison.Ordinal));
        if (first < 0)
            return text.Trim();
        var indent = Indent(lines[first]);
        var end = first + 1;
        while (end < lines.Length && (lines[end].Trim().Length == 0 || Indent(lines[end]) > indent))
            end++;
        return string.Join('\n', lines[first..end]).TrimEnd();
    }

    private static int Indent(string line) => line.Length - line.TrimStart().Length;
}

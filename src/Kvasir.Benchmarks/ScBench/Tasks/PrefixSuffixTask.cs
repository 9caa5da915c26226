using System.Text.RegularExpressions;
using Kvasir.Benchmarks.ScBench.Workloads;

namespace Kvasir.Benchmarks.ScBench.Tasks;

/// <summary>Retr.Prefix-Suffix: the string that begins and ends as asked, among others that do only one of both.</summary>
/// <remarks>
/// In the small form the others share the end only: the bundled model looks strings up by how they begin, and does not tell two of the same
/// begin apart.
/// </remarks>
internal sealed partial class PrefixSuffixTask(ScForm form) : IScTask
{
    private const int Turns = 5;

    /// <summary>Strings for each question that share only its beginning, and as many that share only its end; in the small form all share the end.</summary>
    private const int Distractors = 2;

    private const string Hexadecimal = "0123456789abcdef";

    private const string Alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    public string Name => "prefix-suffix";

    public string Capability => "string";

    public double Bar(string part) => 0.95;

    public int LeastSize => Turns * (1 + (2 * Distractors));

    public ScSession Create(ScDraws draws, int size)
    {
        var strings = new List<string>();
        var targets = new List<(string Whole, string Prefix, string Suffix)>();
        while (targets.Count < Turns)
        {
            var whole = draws.Unused(() => Draw(draws));
            var (prefix, suffix) = Ends(draws, whole);
            strings.Add(whole);
            targets.Add((whole, prefix, suffix));
            for (var i = 0; i < Distractors; i++)
            {
                strings.Add(draws.Unused(() => form == ScForm.Full ? prefix + Draw(draws)[prefix.Length..] : Draw(draws)[..^suffix.Length] + suffix));
                strings.Add(draws.Unused(() => Draw(draws)[..^suffix.Length] + suffix));
            }
        }

        while (strings.Count < size)
            strings.Add(draws.Unused(() => Draw(draws)));

        // A string that happens to fit a question too is taken out; the asked one stays.
        foreach (var (whole, prefix, suffix) in targets)
            strings.RemoveAll(other => other != whole && Fits(other, prefix, suffix) && targets.TrueForAll(target => target.Whole != other));
        var unique = targets.Where(target => strings.Count(other => Fits(other, target.Prefix, target.Suffix)) == 1).ToArray();
        if (unique.Length < Turns)
            return Create(draws, size);
        return new ScSession("Below is a list of strings.", string.Join('\n', draws.Shuffled(strings)), [.. unique.Select(Turn)]);
    }

    public string Solve(string context, string question)
    {
        var asked = Asked().Match(question);
        var found = context.Split('\n').Where(line => Fits(line, asked.Groups[1].Value, asked.Groups[2].Value)).ToArray();
        return found is [var one] ? one : throw new InvalidDataException($"{found.Length} strings fit: {question}");
    }

    private ScTurn Turn((string Whole, string Prefix, string Suffix) target) => new()
    {
        Question = $"Find the string that starts with \"{target.Prefix}\" and ends with \"{target.Suffix}\".",
        Golden = target.Whole,
        Accepted = [target.Whole],
        Score = ScScore.Substring,
        MaxTokens = form == ScForm.Full ? 150 : 24,
    };

    private string Draw(ScDraws draws) => form == ScForm.Full
        ? draws.Letters(draws.Random.Next(20, 61), Alphabet)
        : draws.Letters(draws.Random.Next(12, 21), Hexadecimal);

    private (string Prefix, string Suffix) Ends(ScDraws draws, string whole)
    {
        var (head, tail) = form == ScForm.Full ? (draws.Random.Next(6, 9), draws.Random.Next(6, 9)) : (6, 4);
        return (whole[..head], whole[^tail..]);
    }

    private static bool Fits(string text, string prefix, string suffix) =>
        text.Length >= prefix.Length + suffix.Length && text.StartsWith(prefix, StringComparison.Ordinal) && text.EndsWith(suffix, StringComparison.Ordinal);

    [GeneratedRegex("starts with \"([^\"]+)\" and ends with \"([^\"]+)\"")]
    private static partial Regex Asked();
}

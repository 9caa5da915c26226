using System.Globalization;
using System.Text.RegularExpressions;
using Kvasir.Benchmarks.ScBench.Workloads;

namespace Kvasir.Benchmarks.ScBench.Scoring;

/// <summary>Judges answers as SCBench does, but for its many-shot scorer, which compares single characters of a label: here the whole label counts.</summary>
internal static partial class ScScorer
{
    /// <summary>From 0 to 1.</summary>
    public static double Score(ScTurn turn, string answer) => turn.Score switch
    {
        ScScore.Substring => Is(turn.Accepted.Any(accepted => answer.Contains(accepted, StringComparison.Ordinal))),
        ScScore.SubstringUpper => Is(turn.Accepted.Any(accepted => answer.ToUpperInvariant().Contains(accepted.ToUpperInvariant(), StringComparison.Ordinal))),
        ScScore.NameShare => turn.Accepted.Average(name => Is(answer.Contains(name, StringComparison.OrdinalIgnoreCase))),
        ScScore.Function => Is(FunctionMatch.Passes(answer, turn.Accepted[0], turn.Needles)),
        ScScore.CharacterF1 => turn.Accepted.Max(accepted => CharacterF1(accepted, answer)),
        ScScore.Letter => Is(turn.Accepted[0] == Letter(answer)),
        ScScore.Number => Is(FirstNumber(answer) is { } number && number == decimal.Parse(turn.Accepted[0], CultureInfo.InvariantCulture)),
        ScScore.Option => Is(turn.Accepted.Any(accepted => HoldsWhole(answer, accepted))),
        ScScore.Summary => RougeLsum.Score(turn.Accepted[0], answer),
        _ => throw new ArgumentOutOfRangeException(nameof(turn), turn.Score, "unknown score"),
    };

    /// <summary>F1 over characters; punctuation and white space do not count.</summary>
    public static double CharacterF1(string expected, string answer)
    {
        var wanted = Characters(expected);
        var given = Characters(answer);
        var left = wanted.CountBy(character => character).ToDictionary();
        var common = 0;
        foreach (var character in given)
        {
            if (left.GetValueOrDefault(character) is > 0 and var count)
            {
                left[character] = count - 1;
                common++;
            }
        }

        return common == 0 ? 0 : 2.0 * common / (wanted.Length + given.Length);
    }

    /// <summary>The option that an answer names: its first character, what follows "answer is" or the like, or the first letter A to D that stands alone.</summary>
    public static string? Letter(string answer)
    {
        var text = answer.Trim();
        if (text is [>= 'A' and <= 'D'] or [>= 'A' and <= 'D', not ((>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or ' '), ..])
            return text[..1];
        foreach (var pattern in (Regex[])[Said(), Alone()])
        {
            if (pattern.Match(text) is { Success: true } match)
                return match.Groups[1].Value;
        }

        return null;
    }

    private static decimal? FirstNumber(string answer) =>
        Number().Match(answer) is { Success: true } match && decimal.TryParse(match.Value, NumberStyles.Number, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static bool HoldsWhole(string answer, string label)
    {
        for (var at = answer.IndexOf(label, StringComparison.Ordinal); at >= 0; at = answer.IndexOf(label, at + 1, StringComparison.Ordinal))
        {
            var end = at + label.Length;
            if ((at == 0 || !char.IsLetterOrDigit(answer[at - 1]) || !char.IsLetterOrDigit(label[0])) && (end == answer.Length || !char.IsLetterOrDigit(answer[end]) || !char.IsLetterOrDigit(label[^1])))
                return true;
        }

        return false;
    }

    private static char[] Characters(string text) =>
        [.. text.ToLowerInvariant().Where(character => !char.IsPunctuation(character) && !char.IsSymbol(character) && !char.IsWhiteSpace(character))];

    private static double Is(bool right) => right ? 1 : 0;

    [GeneratedRegex("(?i:answer|option|choice)(?: is)?:? *\\(?([A-D])\\b")]
    private static partial Regex Said();

    [GeneratedRegex("(?<![A-Za-z])([A-D])(?![A-Za-z])")]
    private static partial Regex Alone();

    [GeneratedRegex("-?\\d+(?:\\.\\d+)?")]
    private static partial Regex Number();
}

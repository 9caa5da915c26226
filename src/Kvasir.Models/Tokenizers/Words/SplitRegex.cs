using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Kvasir.Models;

/// <summary>Finds the matches of a regular expression of a tokenizer file, within bounds on its length and its time.</summary>
internal sealed class SplitRegex : PieceFinder
{
    private const int MaxPatternChars = 4096;
    private const int MaxCompiled = 32;
    private static readonly TimeSpan MatchLimit = TimeSpan.FromSeconds(2);

    // A model and its draft share their pattern, and compiling one takes longer than reading the vocabulary.
    private static readonly ConcurrentDictionary<string, Regex> Compiled = new();

    private readonly string _path;
    private readonly Regex _regex;

    /// <param name="path">The file that the pattern comes from, for messages.</param>
    /// <param name="pattern">As the file writes it.</param>
    public SplitRegex(string path, string pattern)
    {
        _path = path;
        if (pattern.Length > MaxPatternChars)
            throw new ModelFormatException(path, $"a pattern of {pattern.Length} characters; at most {MaxPatternChars} are read");
        _regex = Compile(path, pattern);
    }

    /// <exception cref="ModelFormatException">The pattern takes too long on this text.</exception>
    public override void Find(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        try
        {
            if (!text.ContainsAnyInRange('\uD800', '\uDFFF'))
            {
                FindInTime(text, matches);
                return;
            }

            var shadow = new CodePointShadow(text);
            try
            {
                int first = matches.Count;
                FindInTime(shadow.Text, matches);
                for (int i = first; i < matches.Count; i++)
                    matches[i] = (shadow.OffsetOf(matches[i].Start), shadow.OffsetOf(matches[i].End));
            }
            finally
            {
                shadow.Return();
            }
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new ModelFormatException(_path, $"the pattern \"{e.Pattern}\" takes more than {MatchLimit.TotalSeconds} s on this text", e);
        }
    }

    // The limit of the expression is for one match; all of a text get twice that and what an honest pattern needs.
    private void FindInTime(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        long start = Stopwatch.GetTimestamp();
        var limit = (MatchLimit * 2) + TimeSpan.FromMicroseconds(text.Length);
        foreach (var match in _regex.EnumerateMatches(text))
        {
            matches.Add((match.Index, match.Index + match.Length));
            if ((matches.Count & 0xFF) == 0 && Stopwatch.GetElapsedTime(start) > limit)
                throw new ModelFormatException(_path, $"the pattern \"{_regex}\" takes more than {limit.TotalSeconds:F1} s on this text");
        }
    }

    private static Regex Compile(string path, string pattern)
    {
        if (Compiled.TryGetValue(pattern, out var known))
            return known;
        try
        {
            var regex = new Regex(RegexTranslator.Translate(pattern), RegexOptions.Compiled | RegexOptions.CultureInvariant, MatchLimit);
            if (Compiled.Count < MaxCompiled)
                Compiled.TryAdd(pattern, regex);
            return regex;
        }
        catch (ArgumentException e)
        {
            throw new UnsupportedModelException(path, $"the split pattern \"{pattern}\" is not supported: {e.Message}");
        }
    }
}

namespace Kvasir.Models;

/// <summary>Finds a text.</summary>
internal sealed class LiteralFinder(string pattern) : PieceFinder
{
    public override void Find(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        for (int at = 0; text[at..].IndexOf(pattern, StringComparison.Ordinal) is >= 0 and var next; at += next + pattern.Length)
            matches.Add((at + next, at + next + pattern.Length));
    }
}

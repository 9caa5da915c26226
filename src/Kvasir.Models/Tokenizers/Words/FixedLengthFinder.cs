namespace Kvasir.Models;

/// <summary>Finds pieces of so many characters; the last may be shorter.</summary>
internal sealed class FixedLengthFinder(int length) : PieceFinder
{
    public override void Find(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        int start = 0;
        int at = 0;
        int count = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            at += rune.Utf16SequenceLength;
            if (++count != length)
                continue;
            matches.Add((start, at));
            (start, count) = (at, 0);
        }

        if (start < at)
            matches.Add((start, at));
    }
}

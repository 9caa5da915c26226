using System.Text;

namespace Kvasir.Models;

/// <summary>Finds runs of word characters and runs of what is neither those nor white space: <c>\w+|[^\w\s]+</c>.</summary>
internal sealed class WordFinder : PieceFinder
{
    public override void Find(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        int start = 0;
        int at = 0;
        int kind = 0; // 0 white space, 1 word, 2 other
        foreach (var rune in text.EnumerateRunes())
        {
            int next = CharKinds.IsWord(rune) ? 1 : Rune.IsWhiteSpace(rune) ? 0 : 2;
            if (next != kind)
            {
                if (kind != 0)
                    matches.Add((start, at));
                (start, kind) = (at, next);
            }

            at += rune.Utf16SequenceLength;
        }

        if (kind != 0)
            matches.Add((start, at));
    }
}

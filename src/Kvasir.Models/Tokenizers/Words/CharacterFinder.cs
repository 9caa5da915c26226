using System.Text;

namespace Kvasir.Models;

/// <summary>Finds characters, each one a match of its own.</summary>
internal sealed class CharacterFinder(Func<Rune, bool> picks) : PieceFinder
{
    /// <summary>Characters with a numeric value: Nd, Nl and No.</summary>
    public static CharacterFinder Numbers { get; } = new(Rune.IsNumber);

    public static CharacterFinder Spaces { get; } = new(Rune.IsWhiteSpace);

    public static CharacterFinder Punctuation { get; } = new(CharKinds.IsPunctuation);

    public override void Find(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        int at = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            int end = at + rune.Utf16SequenceLength;
            if (picks(rune))
                matches.Add((at, end));
            at = end;
        }
    }
}

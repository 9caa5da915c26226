using System.Text;

namespace Kvasir.Models;

/// <summary>Removes combining marks that stand alone; a decomposing form before it makes them so.</summary>
internal sealed class StripAccentsNormalizer : TextNormalizer
{
    public override bool MayChange(ReadOnlySpan<char> text) => text.ContainsAnyExceptInRange('\0', '\u02FF');

    public override string Apply(string text) => Remove(text, CharKinds.IsMark);

    /// <summary>The text without the characters that a test picks.</summary>
    public static string Remove(string text, Func<Rune, bool> picks)
    {
        StringBuilder? output = null;
        int at = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (picks(rune))
                output ??= new StringBuilder(text.Length).Append(text, 0, at);
            else
                output?.Append(rune.ToString());
            at += rune.Utf16SequenceLength;
        }

        return output?.ToString() ?? text;
    }
}

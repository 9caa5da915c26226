using System.Globalization;
using System.Text;

namespace Kvasir.Models;

/// <summary>BERT's cleaning (Devlin et al. 2019): controls go, ideographs become words of their own, accents go, case goes.</summary>
internal sealed class BertNormalizer(bool clean, bool ideographs, bool stripAccents, bool lowercase) : TextNormalizer
{
    public override bool MayChange(ReadOnlySpan<char> text) =>
        text.ContainsAnyExceptInRange(' ', '~') || (lowercase && text.ContainsAnyInRange('A', 'Z'));

    public override string Apply(string text)
    {
        string result = text;
        if (clean || ideographs)
            result = Clean(result);
        if (stripAccents)
        {
            result = UnicodeForms.Normalize(result, compose: false, compatible: false);
            result = StripAccentsNormalizer.Remove(result, rune => Rune.GetUnicodeCategory(rune) == UnicodeCategory.NonSpacingMark);
        }

        return lowercase ? LowercaseNormalizer.Lower(result) : result;
    }

    private string Clean(string text)
    {
        var output = new StringBuilder(text.Length + 8);
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean && Drops(rune))
                continue;
            if (clean && Rune.IsWhiteSpace(rune))
                output.Append(' ');
            else if (ideographs && IsIdeograph(rune.Value))
                output.Append(' ').Append(rune.ToString()).Append(' ');
            else
                output.Append(rune.ToString());
        }

        return output.ToString();
    }

    private static bool Drops(Rune rune) => rune.Value is not ('\t' or '\n' or '\r') && (rune.Value is 0 or 0xFFFD
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);

    // The blocks of the reference implementation, with its gap at 2B820 to 2B91F.
    private static bool IsIdeograph(int code) => code is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF)
        or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}

using System.Globalization;
using System.Text;

namespace Kvasir.Models;

/// <summary>Looks characters up by one load. A character is one or two chars of a text without unpaired surrogates.</summary>
internal static class CharKinds
{
    private static readonly CharKind[] Plane = BuildPlane();

    /// <summary>The kind of the character that begins at a place.</summary>
    public static CharKind At(ReadOnlySpan<char> text, int at, out int length)
    {
        char c = text[at];
        length = 1;
        if (!char.IsHighSurrogate(c) || at + 1 >= text.Length)
            return Plane[c];
        length = 2;
        return Of(CharUnicodeInfo.GetUnicodeCategory(char.ConvertToUtf32(c, text[at + 1])));
    }

    /// <summary>The kind of a character of the basic plane; none for surrogates.</summary>
    public static CharKind Of(char c) => Plane[c];

    /// <summary>The end of the run of characters of these kinds.</summary>
    public static int Run(ReadOnlySpan<char> text, int at, CharKind kinds)
    {
        while (at < text.Length)
        {
            var kind = Plane[text[at]];
            int length = 1;
            if (kind == CharKind.None)
                kind = At(text, at, out length);
            if ((kind & kinds) == 0)
                return at;
            at += length;
        }

        return at;
    }

    /// <summary>P categories and the other ASCII signs: what Hugging Face tokenizers call punctuation.</summary>
    public static bool IsPunctuation(Rune rune) =>
        rune.IsAscii ? char.IsPunctuation((char)rune.Value) || char.IsSymbol((char)rune.Value) : Rune.IsPunctuation(rune);

    /// <summary>The combining marks M.</summary>
    public static bool IsMark(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    /// <summary>The <c>\w</c> of Unicode Technical Standard 18: letters, marks, decimal digits, connectors, and what else is alphabetic.</summary>
    public static bool IsWord(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation => true,
        UnicodeCategory.OtherSymbol => rune.Value is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189),
        UnicodeCategory.Format => rune.Value is 0x200C or 0x200D,
        _ => Rune.IsLetter(rune) || IsMark(rune),
    };

    private static CharKind[] BuildPlane()
    {
        var kinds = new CharKind[char.MaxValue + 1];
        for (int c = 0; c < kinds.Length; c++)
            kinds[c] = char.IsWhiteSpace((char)c) ? CharKind.Space : Of(char.GetUnicodeCategory((char)c));
        return kinds;
    }

    private static CharKind Of(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter => CharKind.Upper,
        UnicodeCategory.LowercaseLetter => CharKind.Lower,
        UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => CharKind.OtherLetter,
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => CharKind.Mark,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharKind.Number,
        UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation
            or UnicodeCategory.ClosePunctuation or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation
            or UnicodeCategory.OtherPunctuation or UnicodeCategory.MathSymbol or UnicodeCategory.CurrencySymbol
            or UnicodeCategory.ModifierSymbol or UnicodeCategory.OtherSymbol => CharKind.Sign,
        _ => CharKind.None,
    };
}

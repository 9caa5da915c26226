using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Kvasir.Grammars.Automata;

namespace Kvasir.Grammars.Regex;

/// <summary>The named classes of characters, as ECMAScript defines them.</summary>
internal static class RegexClasses
{
    private static readonly ConcurrentDictionary<string, CodeSet?> Categories = new(StringComparer.Ordinal);

    public static CodeSet Digit { get; } = CodeSet.Of(('0', '9'));

    public static CodeSet Word { get; } = CodeSet.Of(('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z'));

    public static CodeSet Space { get; } = CodeSet.Of((9, 13), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF));

    public static CodeSet Dot { get; } = CodeSet.Of(('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029)).Complement();

    /// <summary>A general category such as <c>L</c> or <c>Lu</c>, in its short or long name; null where it is none.</summary>
    public static CodeSet? Category(string name)
    {
        var shortName = name.Replace("gc=", "", StringComparison.Ordinal).Replace("General_Category=", "", StringComparison.Ordinal) switch
        {
            "Letter" => "L",
            "Lowercase_Letter" => "Ll",
            "Uppercase_Letter" => "Lu",
            "Mark" => "M",
            "Number" => "N",
            "Decimal_Number" or "digit" => "Nd",
            "Punctuation" or "punct" => "P",
            "Symbol" => "S",
            "Separator" => "Z",
            "Space_Separator" => "Zs",
            "Other" => "C",
            "Control" or "cntrl" => "Cc",
            var other => other,
        };
        return Categories.GetOrAdd(shortName, Build);
    }

    /// <summary>The set with the simple upper and lower case of all members (of ranges up to U+FFFF).</summary>
    public static CodeSet Fold(CodeSet set)
    {
        var ranges = new List<(int, int)>(set.Ranges);
        foreach (var (low, high) in set.Ranges)
        {
            for (var code = low; code <= Math.Min(high, 0xFFFF); code++)
            {
                var upper = Rune.ToUpperInvariant(new Rune(code)).Value;
                var lower = Rune.ToLowerInvariant(new Rune(code)).Value;
                if (upper != code)
                    ranges.Add((upper, upper));
                if (lower != code)
                    ranges.Add((lower, lower));
            }
        }

        return CodeSet.Of([.. ranges]);
    }

    private static CodeSet? Build(string name)
    {
        var ranges = new List<(int Low, int High)>();
        for (var code = 0; code <= CodeSet.Last; code++)
        {
            if (code is >= 0xD800 and <= 0xDFFF || !Abbreviation(CharUnicodeInfo.GetUnicodeCategory(code)).StartsWith(name, StringComparison.Ordinal))
                continue;
            if (ranges.Count > 0 && ranges[^1].High == code - 1)
                ranges[^1] = (ranges[^1].Low, code);
            else
                ranges.Add((code, code));
        }

        return ranges.Count == 0 || name.Length == 0 ? null : CodeSet.Of([.. ranges]);
    }

    private static string Abbreviation(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter => "Lu",
        UnicodeCategory.LowercaseLetter => "Ll",
        UnicodeCategory.TitlecaseLetter => "Lt",
        UnicodeCategory.ModifierLetter => "Lm",
        UnicodeCategory.OtherLetter => "Lo",
        UnicodeCategory.NonSpacingMark => "Mn",
        UnicodeCategory.SpacingCombiningMark => "Mc",
        UnicodeCategory.EnclosingMark => "Me",
        UnicodeCategory.DecimalDigitNumber => "Nd",
        UnicodeCategory.LetterNumber => "Nl",
        UnicodeCategory.OtherNumber => "No",
        UnicodeCategory.SpaceSeparator => "Zs",
        UnicodeCategory.LineSeparator => "Zl",
        UnicodeCategory.ParagraphSeparator => "Zp",
        UnicodeCategory.Control => "Cc",
        UnicodeCategory.Format => "Cf",
        UnicodeCategory.PrivateUse => "Co",
        UnicodeCategory.ConnectorPunctuation => "Pc",
        UnicodeCategory.DashPunctuation => "Pd",
        UnicodeCategory.OpenPunctuation => "Ps",
        UnicodeCategory.ClosePunctuation => "Pe",
        UnicodeCategory.InitialQuotePunctuation => "Pi",
        UnicodeCategory.FinalQuotePunctuation => "Pf",
        UnicodeCategory.OtherPunctuation => "Po",
        UnicodeCategory.MathSymbol => "Sm",
        UnicodeCategory.CurrencySymbol => "Sc",
        UnicodeCategory.ModifierSymbol => "Sk",
        UnicodeCategory.OtherSymbol => "So",
        _ => "Cn",
    };
}

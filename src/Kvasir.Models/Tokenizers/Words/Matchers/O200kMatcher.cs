namespace Kvasir.Models;

/// <summary><see cref="SplitPatterns.O200k"/> (GPT-4o, gpt-oss) and <see cref="SplitPatterns.Tekken"/>: words by case.</summary>
/// <param name="maxDigits">How many numbers a word may have.</param>
/// <param name="contractions">Whether English contractions stay with their word.</param>
internal sealed class O200kMatcher(int maxDigits, bool contractions) : WordMatcher
{
    private const CharKind Upper = CharKind.Upper | CharKind.OtherLetter | CharKind.Mark;
    private const CharKind Lower = CharKind.Lower | CharKind.OtherLetter | CharKind.Mark;
    private const CharKind Word = CharKind.Letter | CharKind.Mark;

    public override int Match(ReadOnlySpan<char> text, int at)
    {
        char c = text[at];
        var kind = CharKinds.At(text, at, out int length);
        int after = at + length;
        if ((kind & CharKind.Letter) != 0)
            return Letters(text, at) - at;
        if (kind == CharKind.Number)
        {
            for (int count = 1; count < maxDigits && after < text.Length && CharKinds.At(text, after, out length) == CharKind.Number; count++)
                after += length;
            return after - at;
        }

        if (c is not ('\r' or '\n') && after < text.Length && (CharKinds.At(text, after, out int next) & Word) != 0)
        {
            // A mark may be what stands before the word, or its first character.
            return Letters(text, kind == CharKind.Mark && !HasLower(text, after) ? at : after) - at;
        }

        if (kind == CharKind.Mark)
            return Letters(text, at) - at;
        int start = c == ' ' && after < text.Length ? after : at;
        if (!IsWordOrSpace(text, start, out next))
            return Signs(text, start + next) - at;
        return WhiteSpace(text, at) - at;
    }

    // [upper]*[lower]+ or else [upper]+[lower]*, and then a contraction.
    private int Letters(ReadOnlySpan<char> text, int at)
    {
        int upperEnd = at;
        int lastBoth = -1; // the end of the last character that is in both classes
        while (upperEnd < text.Length)
        {
            var kind = CharKinds.At(text, upperEnd, out int length);
            if ((kind & Upper) == 0)
                break;
            upperEnd += length;
            if ((kind & Lower) != 0)
                lastBoth = upperEnd;
        }

        int end = CharKinds.Run(text, upperEnd, Lower);
        if (end == upperEnd && lastBoth >= 0)
            end = lastBoth;
        return contractions && end < text.Length ? end + Contraction(text, end, ignoreCase: true) : end;
    }

    // Whether [upper]*[lower]+ matches here.
    private static bool HasLower(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length)
        {
            var kind = CharKinds.At(text, at, out int length);
            if ((kind & Lower) != 0)
                return true;
            if ((kind & Upper) == 0)
                return false;
            at += length;
        }

        return false;
    }

    private static int Signs(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && !IsWordOrSpace(text, at, out int length))
            at += length;
        while (at < text.Length && text[at] is '\r' or '\n' or '/')
            at++;
        return at;
    }

    private static bool IsWordOrSpace(ReadOnlySpan<char> text, int at, out int length) =>
        (CharKinds.At(text, at, out length) & (CharKind.Letter | CharKind.Number | CharKind.Space)) != 0;
}

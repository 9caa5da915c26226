namespace Kvasir.Models;

/// <summary><see cref="SplitPatterns.Gpt2"/>: contractions, and runs of letters, numbers, signs, with a space before.</summary>
internal sealed class Gpt2Matcher : WordMatcher
{
    private const CharKind Word = CharKind.Letter | CharKind.Number | CharKind.Space;

    public override int Match(ReadOnlySpan<char> text, int at)
    {
        int contraction = Contraction(text, at, ignoreCase: false);
        if (contraction > 0)
            return contraction;
        int start = text[at] == ' ' && at + 1 < text.Length ? at + 1 : at;
        var kind = CharKinds.At(text, start, out int length);
        if ((kind & CharKind.Letter) != 0)
            return CharKinds.Run(text, start + length, CharKind.Letter) - at;
        if (kind == CharKind.Number)
            return CharKinds.Run(text, start + length, CharKind.Number) - at;
        if (kind != CharKind.Space)
            return RunOf(text, start + length) - at;
        return WithoutLast(text, at, CharKinds.Run(text, at, CharKind.Space)) - at;
    }

    private static int RunOf(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length)
        {
            var kind = CharKinds.At(text, at, out int length);
            if ((kind & Word) != 0)
                break;
            at += length;
        }

        return at;
    }
}

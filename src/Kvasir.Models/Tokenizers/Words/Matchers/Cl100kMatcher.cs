namespace Kvasir.Models;

/// <summary>The family of <see cref="SplitPatterns.Llama3"/> (cl100k) and <see cref="SplitPatterns.Qwen2"/>.</summary>
/// <param name="maxDigits">How many numbers a word may have.</param>
/// <param name="marks">Whether combining marks belong to words (Qwen 3.5) and not to signs.</param>
/// <param name="contractions">Whether English contractions are cut.</param>
internal sealed class Cl100kMatcher(int maxDigits, bool marks = false, bool contractions = true) : WordMatcher
{
    private readonly CharKind _letters = marks ? CharKind.Letter | CharKind.Mark : CharKind.Letter;

    public override int Match(ReadOnlySpan<char> text, int at)
    {
        char c = text[at];
        if (contractions && c == '\'' && Contraction(text, at, ignoreCase: true) is > 0 and var contraction)
            return contraction;
        var kind = CharKinds.At(text, at, out int length);
        if ((kind & CharKind.Letter) != 0)
            return CharKinds.Run(text, at + length, _letters) - at;
        int after = at + length;
        if (kind == CharKind.Number)
        {
            for (int count = 1; count < maxDigits && after < text.Length && CharKinds.At(text, after, out length) == CharKind.Number; count++)
                after += length;
            return after - at;
        }

        // Anything but a line break may stand before letters.
        if (c is not ('\r' or '\n') && after < text.Length && (CharKinds.At(text, after, out int next) & _letters) != 0)
            return CharKinds.Run(text, after + next, _letters) - at;
        if ((kind & _letters) != 0)
            return CharKinds.Run(text, after, _letters) - at;
        int start = c == ' ' && after < text.Length ? after : at;
        if (!IsWordOrSpace(text, start, out next))
            return Signs(text, start + next) - at;
        return WhiteSpace(text, at) - at;
    }

    private int Signs(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && !IsWordOrSpace(text, at, out int length))
            at += length;
        while (at < text.Length && text[at] is '\r' or '\n')
            at++;
        return at;
    }

    private bool IsWordOrSpace(ReadOnlySpan<char> text, int at, out int length) =>
        (CharKinds.At(text, at, out length) & (_letters | CharKind.Number | CharKind.Space)) != 0;
}

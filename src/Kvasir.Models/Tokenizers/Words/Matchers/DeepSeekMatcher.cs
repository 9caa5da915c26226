namespace Kvasir.Models;

/// <summary><see cref="SplitPatterns.DeepSeekWords"/>: the last of DeepSeek V3's patterns. Numbers and controls are matched by none.</summary>
internal sealed class DeepSeekMatcher : WordMatcher
{
    private const CharKind Word = CharKind.Letter | CharKind.Mark;

    public override int Match(ReadOnlySpan<char> text, int at)
    {
        char c = text[at];
        var kind = CharKinds.At(text, at, out int length);
        int after = at + length;
        if (kind == CharKind.Sign && c < 0x80 && after < text.Length && char.IsAsciiLetter(text[after]))
        {
            while (after < text.Length && char.IsAsciiLetter(text[after]))
                after++;
            return after - at;
        }

        bool prefix = c is not ('\r' or '\n') && (kind & (CharKind.Letter | CharKind.Sign)) == 0;
        if (prefix && after < text.Length && (CharKinds.At(text, after, out int next) & Word) != 0)
            return CharKinds.Run(text, after + next, Word) - at;
        if ((kind & Word) != 0)
            return CharKinds.Run(text, after, Word) - at;
        int start = c == ' ' && after < text.Length ? after : at;
        int end = CharKinds.Run(text, start, CharKind.Sign);
        if (end > start)
        {
            while (end < text.Length && text[end] is '\r' or '\n')
                end++;
            return end - at;
        }

        return kind == CharKind.Space ? WhiteSpace(text, at) - at : 0;
    }
}

namespace Kvasir.Models;

/// <summary><see cref="SplitPatterns.Ideographs"/>: runs of common ideographs and kana.</summary>
internal sealed class IdeographMatcher : WordMatcher
{
    public override int Match(ReadOnlySpan<char> text, int at)
    {
        int end = at;
        while (end < text.Length && text[end] is (>= '\u4E00' and <= '\u9FA5') or (>= '\u3040' and <= '\u30FF'))
            end++;
        return end - at;
    }
}

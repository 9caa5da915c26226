namespace Kvasir.Models;

/// <summary>Cuts by a hand-written matcher; matches and the gaps between them are pieces.</summary>
internal sealed class MatcherStep(WordMatcher matcher, WordStep next) : WordStep
{
    public override void Run(ReadOnlySpan<char> text, bool first, List<int> output)
    {
        int done = 0;
        int at = 0;
        while (at < text.Length)
        {
            int length = matcher.Match(text, at);
            if (length == 0)
            {
                at += char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? 2 : 1;
                continue;
            }

            if (at > done)
                next.Run(text[done..at], first && done == 0, output);
            next.Run(text.Slice(at, length), first && at == 0, output);
            at += length;
            done = at;
        }

        if (done < text.Length)
            next.Run(text[done..], first && done == 0, output);
    }
}

using System.Text;

namespace Kvasir.Models;

/// <summary>Replaces every match of a regular expression. The content is taken as it is written, without group references.</summary>
internal sealed class RegexReplaceNormalizer(SplitRegex regex, string content) : TextNormalizer
{
    public override bool MayChange(ReadOnlySpan<char> text) => text.Length > 0;

    public override string Apply(string text)
    {
        var matches = new List<(int Start, int End)>();
        regex.Find(text, matches);
        if (matches.Count == 0)
            return text;
        var output = new StringBuilder(text.Length);
        int done = 0;
        foreach (var (start, end) in matches)
        {
            output.Append(text, done, start - done).Append(content);
            done = end;
        }

        return output.Append(text, done, text.Length - done).ToString();
    }
}

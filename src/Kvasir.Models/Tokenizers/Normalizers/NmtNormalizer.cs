using System.Text;

namespace Kvasir.Models;

/// <summary>The cleaning of neural machine translation: control characters go, unusual white space becomes a space.</summary>
internal sealed class NmtNormalizer : TextNormalizer
{
    public override bool MayChange(ReadOnlySpan<char> text) => text.ContainsAnyExceptInRange(' ', '~');

    public override string Apply(string text)
    {
        var output = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            if (c is (>= '\x01' and <= '\x08') or '\x0B' or (>= '\x0E' and <= '\x1F') or '\x7F' or '\x8F' or '\x9F')
                continue;
            output.Append(IsSpace(c) ? ' ' : c);
        }

        return output.ToString();
    }

    private static bool IsSpace(char c) =>
        c is '\t' or '\n' or '\f' or '\r' or '\u1680' or (>= '\u200B' and <= '\u200F') or '\u2028' or '\u2029' or '\u2581' or '\uFEFF' or '\uFFFD';
}

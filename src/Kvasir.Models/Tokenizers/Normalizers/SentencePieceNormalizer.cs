using System.Text;

namespace Kvasir.Models;

/// <summary>
/// What SentencePiece itself does before it segments (Kudo and Richardson 2018): the longest entries of its character map, one space
/// for many, none at the ends, a space before the text, and <c>▁</c> for spaces.
/// </summary>
internal sealed class SentencePieceNormalizer(CharsMap? map, bool addPrefix, bool removeExtraSpaces, bool escape) : TextNormalizer
{
    private const char Space = '\u2581';

    public override bool MayChange(ReadOnlySpan<char> text) => text.Length > 0;

    public override string Apply(string text)
    {
        string mapped = Map(text);
        if (removeExtraSpaces)
            mapped = mapped.Trim(' ');
        if (mapped.Length == 0)
            return "";
        var output = new StringBuilder(mapped.Length + 1);
        char space = escape ? Space : ' ';
        if (addPrefix)
            output.Append(space);
        bool afterSpace = false;
        foreach (char c in mapped)
        {
            if (c != ' ')
                output.Append(c);
            else if (!removeExtraSpaces || !afterSpace)
                output.Append(space);
            afterSpace = c == ' ';
        }

        // Marks that the text itself ends with go as well, as in the original.
        string result = output.ToString();
        return removeExtraSpaces ? result.TrimEnd(space) : result;
    }

    private string Map(string text)
    {
        if (map is null)
            return text;
        var utf8 = Encoding.UTF8.GetBytes(text);
        var output = new StringBuilder(text.Length);
        for (int at = 0; at < utf8.Length;)
        {
            if (map.TryFind(utf8.AsSpan(at), longest: true, out int length, out var replacement))
            {
                output.Append(CharsMap.Text(replacement));
                at += length;
                continue;
            }

            Rune.DecodeFromUtf8(utf8.AsSpan(at), out var rune, out length);
            output.Append(rune.ToString());
            at += length;
        }

        return output.ToString();
    }
}

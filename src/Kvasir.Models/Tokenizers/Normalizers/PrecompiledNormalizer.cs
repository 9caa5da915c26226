using System.Globalization;
using System.Text;

namespace Kvasir.Models;

/// <summary>
/// The character map as Hugging Face tokenizers apply it: to a whole grapheme of fewer than six bytes, else to each of its characters,
/// and always the shortest entry.
/// </summary>
internal sealed class PrecompiledNormalizer(CharsMap map) : TextNormalizer
{
    private const int MaxGraphemeBytes = 6;

    public override bool MayChange(ReadOnlySpan<char> text) => text.Length > 0;

    public override string Apply(string text)
    {
        var output = new StringBuilder(text.Length);
        Span<byte> bytes = stackalloc byte[MaxGraphemeBytes];
        bool changed = false;
        for (int at = 0; at < text.Length;)
        {
            // Between two ASCII characters there is always a border, except within a line break.
            int length = text[at] < 0x80 && (at + 1 == text.Length || text[at + 1] < 0x80) && text[at] != '\r'
                ? 1
                : StringInfo.GetNextTextElementLength(text.AsSpan(at));
            var grapheme = text.AsSpan(at, length);
            at += length;
            if (Encoding.UTF8.TryGetBytes(grapheme, bytes, out int count) && count < MaxGraphemeBytes && map.TryFind(bytes[..count], longest: false, out _, out var whole))
            {
                output.Append(CharsMap.Text(whole));
                changed = true;
                continue;
            }

            foreach (var rune in grapheme.EnumerateRunes())
            {
                count = rune.EncodeToUtf8(bytes);
                bool found = map.TryFind(bytes[..count], longest: false, out _, out var part);
                output.Append(found ? CharsMap.Text(part) : rune.ToString());
                changed |= found;
            }
        }

        return changed ? output.ToString() : text;
    }
}

using System.Buffers;
using System.Text;

namespace Kvasir.Models;

/// <summary>
/// A copy of a text in which every code point is one char, for regular expressions: .NET matches UTF-16 units, so a letter
/// outside the basic plane would not count as a letter. Such a code point is replaced by one of the same general category;
/// matches are mapped back through <see cref="OffsetOf"/>.
/// </summary>
internal ref struct CodePointShadow
{
    private static readonly char[] Stand = BuildStandIns();

    private readonly char[] _chars;
    private readonly int[] _offsets;
    private readonly int _count;

    public CodePointShadow(ReadOnlySpan<char> text)
    {
        _chars = ArrayPool<char>.Shared.Rent(text.Length);
        _offsets = ArrayPool<int>.Shared.Rent(text.Length + 1);
        int at = 0;
        while (at < text.Length)
        {
            _offsets[_count] = at;
            if (Rune.DecodeFromUtf16(text[at..], out var rune, out int used) != OperationStatus.Done)
                _chars[_count++] = '\uFFFD';
            else
                _chars[_count++] = rune.IsBmp ? (char)rune.Value : Stand[(int)Rune.GetUnicodeCategory(rune)];
            at += used;
        }

        _offsets[_count] = text.Length;
    }

    public readonly ReadOnlySpan<char> Text => _chars.AsSpan(0, _count);

    /// <summary>Where in the original text the code point begins.</summary>
    public readonly int OffsetOf(int index) => _offsets[index];

    public readonly void Return()
    {
        ArrayPool<char>.Shared.Return(_chars);
        ArrayPool<int>.Shared.Return(_offsets);
    }

    private static char[] BuildStandIns()
    {
        var stand = new char[32];
        Array.Fill(stand, '\uFFFD');
        for (int c = 0x250; c < 0xFFFE; c++)
        {
            int category = (int)char.GetUnicodeCategory((char)c);
            if (stand[category] == '\uFFFD')
                stand[category] = (char)c;
        }

        return stand;
    }
}

using System.Buffers;
using System.Text;

namespace Kvasir.Grammars.Vocabulary;

/// <summary>
/// Plain tokens: whole characters, none of which ends or escapes a JSON string. They are most of a vocabulary, and where a grammar takes
/// any plain text they are allowed at once, without walking them (the "slices" of llguidance).
/// </summary>
internal static class PlainText
{
    /// <summary>Plain tokens are grouped by length in characters, up to these; the last group has no end.</summary>
    public static readonly int[] GroupEnds = [1, 2, 4, 8, 16, 32];

    /// <summary>The length up to which plain tokens are counted one by one.</summary>
    public const int LongestCounted = 32;

    /// <summary>The number of groups: one for each end, and one for longer tokens.</summary>
    public static int Groups => GroupEnds.Length + 1;

    public static bool IsPlain(byte value) => value >= 0x20 && value != '"' && value != '\\' && value != 0x7F;

    /// <summary>The group of a token, or -1 where it is not plain.</summary>
    public static int GroupOf(ReadOnlySpan<byte> text)
    {
        var characters = LengthOf(text);
        if (characters < 0)
            return -1;
        var group = 0;
        while (group < GroupEnds.Length && characters > GroupEnds[group])
            group++;
        return group;
    }

    /// <summary>The characters of a token, or -1 where it is not plain.</summary>
    public static int LengthOf(ReadOnlySpan<byte> text)
    {
        var characters = 0;
        for (; !text.IsEmpty; characters++)
        {
            if (!IsPlain(text[0]) || Rune.DecodeFromUtf8(text, out _, out var length) != OperationStatus.Done)
                return -1;
            text = text[length..];
        }

        return characters;
    }
}

using System.Buffers.Binary;
using System.Text;

namespace Kvasir.Models;

/// <summary>
/// SentencePiece's precompiled map from texts to their normal form: a double-array trie of UTF-8 bytes (Aoe 1989; the layout is
/// Darts-clone's) with places in a list of zero-terminated replacements.
/// </summary>
internal sealed class CharsMap
{
    private readonly uint[] _units;
    private readonly byte[] _replacements;

    /// <param name="path">The file, for messages.</param>
    /// <param name="data">Bytes of the trie (4, little-endian), the trie, the replacements.</param>
    public CharsMap(string path, ReadOnlySpan<byte> data)
    {
        if (data.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(data) is var size && (size % 4 != 0 || size == 0 || size > data.Length - 4))
            throw new ModelFormatException(path, $"the precompiled character map of {data.Length} bytes is damaged");
        _units = new uint[size / 4];
        for (int i = 0; i < _units.Length; i++)
            _units[i] = BinaryPrimitives.ReadUInt32LittleEndian(data[(4 + (4 * i))..]);
        _replacements = data[(int)(4 + size)..].ToArray();
    }

    /// <summary>Looks a text's beginning up.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="longest">Whether the longest entry that it begins with counts, or the shortest.</param>
    /// <param name="length">Bytes of the entry.</param>
    /// <param name="replacement">What stands for it, UTF-8.</param>
    public bool TryFind(ReadOnlySpan<byte> utf8, bool longest, out int length, out ReadOnlySpan<byte> replacement)
    {
        length = 0;
        replacement = default;
        uint at = Offset(_units[0]);
        uint found = uint.MaxValue;
        for (int i = 0; i < utf8.Length && utf8[i] != 0; i++)
        {
            at ^= utf8[i];
            if (at >= _units.Length || (_units[at] & 0x8000_00FFu) != utf8[i])
                break;
            bool leaf = (_units[at] >> 8 & 1) != 0;
            at ^= Offset(_units[at]);
            if (!leaf || at >= _units.Length)
                continue;
            (found, length) = (_units[at] & 0x7FFF_FFFF, i + 1);
            if (!longest)
                break;
        }

        if (found > _replacements.Length)
        {
            length = 0;
            return false;
        }

        replacement = _replacements.AsSpan((int)found);
        int end = replacement.IndexOf((byte)0);
        replacement = end < 0 ? replacement : replacement[..end];
        return true;
    }

    /// <summary>The replacement as text; damaged bytes become U+FFFD.</summary>
    public static string Text(ReadOnlySpan<byte> replacement) => Encoding.UTF8.GetString(replacement);

    private static uint Offset(uint unit) => unit >> 10 << (int)((unit & 1u << 9) >> 6);
}

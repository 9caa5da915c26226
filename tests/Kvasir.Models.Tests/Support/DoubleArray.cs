using System.Text;

namespace Kvasir.Models.Tests.Support;

/// <summary>Builds the double-array tries of SentencePiece's character maps, by trying places one after the other.</summary>
internal static class DoubleArray
{
    /// <summary>Some entries of every kind, base64: one character, several, with a space, to nothing.</summary>
    public static string CharsMap() => Convert.ToBase64String(Build(
    [
        ("\u00A0", " "), ("\u3000", " "), ("\u2003", " "), ("\t", " "), ("\n", " "), ("\u200B", ""), ("\uFEFF", ""), ("½", "1⁄2"), ("ﬁ", "fi"), ("①", "1"), ("②", "2"), ("Å", "Å"), ("\u212B", "Å"),
        ("e\u0301", "é"), ("е\u0308", "ё"), ("ｆ", "f"), ("ｕ", "u"), ("ｌ", "l"), ("…", "..."), ("²", "2"), ("Ⅷ", "VIII"), ("㎏", "kg"), ("𝒜", "A"), ("İ", "i̇"), ("a", "a"), ("aa", "b"),
    ]));

    /// <param name="entries">Texts and what stands for them.</param>
    public static byte[] Build(IReadOnlyList<(string From, string To)> entries)
    {
        var texts = new MemoryStream();
        var keys = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var (from, to) in entries)
        {
            keys[Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(from))] = (int)texts.Length;
            texts.Write(Encoding.UTF8.GetBytes(to));
            texts.WriteByte(0);
        }

        var units = new List<uint> { 0 };
        var used = new HashSet<int> { 0 };
        Place(0, keys.ToList(), 0, units, used);
        while (units.Count % 256 != 0)
            units.Add(0);
        var result = new MemoryStream();
        var writer = new BinaryWriter(result);
        writer.Write(units.Count * 4);
        units.ForEach(writer.Write);
        writer.Write(texts.ToArray());
        return result.ToArray();
    }

    // The children of a node stand at base ^ label; the end of a key is label 0 and holds its value.
    private static void Place(int node, List<KeyValuePair<string, int>> keys, int depth, List<uint> units, HashSet<int> used)
    {
        var groups = keys.GroupBy(k => k.Key.Length == depth ? '\0' : k.Key[depth]).OrderBy(g => g.Key).ToList();
        int start = 1;
        while (groups.Any(g => used.Contains(start ^ g.Key)) || !IsOffset(node ^ start))
            start++;
        int offset = node ^ start;
        units[node] |= (uint)offset << 10;
        foreach (var group in groups)
        {
            int child = start ^ group.Key;
            used.Add(child);
            while (units.Count <= child)
                units.Add(0);
            if (group.Key == '\0')
            {
                units[node] |= 1u << 8;
                units[child] = 0x8000_0000u | (uint)group.First().Value;
            }
            else
            {
                units[child] = group.Key;
            }
        }

        foreach (var group in groups.Where(g => g.Key != '\0'))
            Place(start ^ group.Key, [.. group], depth + 1, units, used);
    }

    // Larger offsets are written with their lowest eight bits missing, which so small a trie never needs.
    private static bool IsOffset(int offset) => offset < 1 << 21;
}

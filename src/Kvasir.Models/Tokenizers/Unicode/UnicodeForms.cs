using System.Buffers;
using System.IO.Compression;
using System.Text;

namespace Kvasir.Models;

/// <summary>
/// The four normalization forms (Unicode Standard Annex 15), with our own tables: this program runs in .NET's invariant mode, in which
/// <see cref="string.Normalize()"/> gives back everything that is not ASCII as it came.
/// </summary>
internal static class UnicodeForms
{
    private const int HangulBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7;
    private const int Leads = 19, Vowels = 21, Tails = 28;
    private const int LongRun = 16; // combining marks in a row from which on sorting beats insertion

    private static readonly Dictionary<int, int[]> Canonical = [];
    private static readonly Dictionary<int, int[]> Compatible = [];
    private static readonly Dictionary<long, int> Composites = [];
    private static readonly byte[] Classes = new byte[0x20000]; // no character above has a class other than 0

    // Whether a character of the basic plane can be changed: one set for each form; the others are looked at one by one.
    private static readonly SearchValues<char>[] Suspects;

    static UnicodeForms()
    {
        var reader = new TableReader();
        var direct = new Dictionary<int, (bool Compatible, int[] Parts)>();
        int code = 0;
        for (int i = reader.Number(); i > 0; i--)
        {
            code += reader.Number();
            int head = reader.Number();
            var parts = new int[head >> 1];
            for (int p = 0; p < parts.Length; p++)
                parts[p] = reader.Number();
            direct.Add(code, ((head & 1) != 0, parts));
        }

        int first = 0;
        for (int i = reader.Number(); i > 0; i--)
        {
            first += reader.Number();
            int length = reader.Number();
            Classes.AsSpan(first, length).Fill((byte)reader.Number());
            first += length;
        }

        var excluded = new HashSet<int>();
        code = 0;
        for (int i = reader.Number(); i > 0; i--)
            excluded.Add(code += reader.Number());
        foreach (int from in direct.Keys)
        {
            if (!direct[from].Compatible)
                Canonical.Add(from, [.. Expand(from, direct, false)]);
            Compatible.Add(from, [.. Expand(from, direct, true)]);
        }

        var second = new HashSet<int>();
        foreach (var (from, (compatible, parts)) in direct)
        {
            if (compatible || parts.Length != 2 || excluded.Contains(from) || ClassOf(from) != 0 || ClassOf(parts[0]) != 0)
                continue;
            Composites.Add(Pair(parts[0], parts[1]), from);
            second.Add(parts[1]);
        }

        bool Recomposes(int c) => direct.TryGetValue(c, out var entry) && !entry.Compatible && entry.Parts.Length == 2
            && Composites.TryGetValue(Pair(entry.Parts[0], entry.Parts[1]), out int whole) && whole == c;
        bool Composed(int c) => ClassOf(c) != 0 || second.Contains(c) || c is (>= VowelBase and < VowelBase + Vowels) or (> TailBase and < TailBase + Tails);
        Suspects =
        [
            Set(c => ClassOf(c) != 0 || Canonical.ContainsKey(c) || IsHangul(c)),
            Set(c => Composed(c) || (Canonical.ContainsKey(c) && !Recomposes(c))),
            Set(c => ClassOf(c) != 0 || Compatible.ContainsKey(c) || IsHangul(c)),
            Set(c => Composed(c) || (Compatible.ContainsKey(c) && !Recomposes(c))),
        ];
    }

    /// <summary>Whether a text might not be in the form. False is certain.</summary>
    public static bool MayChange(ReadOnlySpan<char> text, bool compose, bool compatible) =>
        text.ContainsAny(Suspects[(compatible ? 2 : 0) + (compose ? 1 : 0)]);

    /// <param name="text">Without unpaired surrogates.</param>
    /// <param name="compose">NFC and NFKC, not NFD and NFKD.</param>
    /// <param name="compatible">NFKC and NFKD, not NFC and NFD.</param>
    public static string Normalize(string text, bool compose, bool compatible)
    {
        if (!MayChange(text, compose, compatible))
            return text;
        var codes = new List<int>(text.Length + (text.Length / 8) + 4);
        var table = compatible ? Compatible : Canonical;
        foreach (var rune in text.EnumerateRunes())
            Decompose(rune.Value, table, codes);
        var all = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(codes);
        Order(all);
        int count = compose ? Compose(all) : all.Length;
        var output = new StringBuilder(text.Length);
        foreach (int code in all[..count])
            output.Append(new Rune(code).ToString());
        return output.ToString();
    }

    private static byte ClassOf(int code) => code < Classes.Length ? Classes[code] : (byte)0;

    private static bool IsHangul(int code) => code is >= HangulBase and < HangulBase + (Leads * Vowels * Tails);

    private static long Pair(int first, int second) => ((long)first << 32) | (uint)second;

    private static SearchValues<char> Set(Func<int, bool> isIn)
    {
        var chars = new List<char>();
        for (int c = 0x80; c <= char.MaxValue; c++)
        {
            // Surrogates count: what they stand for is only seen when it is decoded.
            if (c is >= 0xD800 and <= 0xDFFF || isIn(c))
                chars.Add((char)c);
        }

        return SearchValues.Create([.. chars]);
    }

    private static IEnumerable<int> Expand(int code, Dictionary<int, (bool Compatible, int[] Parts)> direct, bool compatible) =>
        direct.TryGetValue(code, out var entry) && (compatible || !entry.Compatible)
            ? entry.Parts.SelectMany(part => Expand(part, direct, compatible))
            : [code];

    private static void Decompose(int code, Dictionary<int, int[]> table, List<int> output)
    {
        if (code < 0x80)
        {
            output.Add(code);
        }
        else if (IsHangul(code))
        {
            int index = code - HangulBase;
            output.Add(LeadBase + (index / (Vowels * Tails)));
            output.Add(VowelBase + (index % (Vowels * Tails) / Tails));
            if (index % Tails != 0)
                output.Add(TailBase + (index % Tails));
        }
        else if (table.TryGetValue(code, out int[]? parts))
        {
            output.AddRange(parts);
        }
        else
        {
            output.Add(code);
        }
    }

    // Canonical ordering: runs of characters with a class are sorted by it, stable.
    private static void Order(Span<int> codes)
    {
        for (int start = 0; start < codes.Length; start++)
        {
            if (ClassOf(codes[start]) == 0)
                continue;
            int end = start + 1;
            while (end < codes.Length && ClassOf(codes[end]) != 0)
                end++;
            var run = codes[start..end];
            if (run.Length < LongRun)
                Insert(run);
            else
                Sort(run);
            start = end;
        }
    }

    private static void Insert(Span<int> run)
    {
        for (int i = 1; i < run.Length; i++)
        {
            for (int j = i; j > 0 && ClassOf(run[j - 1]) > ClassOf(run[j]); j--)
                (run[j - 1], run[j]) = (run[j], run[j - 1]);
        }
    }

    private static void Sort(Span<int> run)
    {
        var keys = new long[run.Length];
        for (int i = 0; i < run.Length; i++)
            keys[i] = ((long)ClassOf(run[i]) << 32) | (uint)i;
        Array.Sort(keys);
        int[] before = run.ToArray();
        for (int i = 0; i < run.Length; i++)
            run[i] = before[(int)(keys[i] & 0xFFFF_FFFF)];
    }

    private static int Compose(Span<int> codes)
    {
        int starter = -1;
        int count = 0;
        int lastClass = -1; // of what stands between the starter and here; -1 when nothing does
        foreach (int code in codes)
        {
            int kind = ClassOf(code);
            if (starter >= 0 && (lastClass < kind || lastClass == -1) && (lastClass != 0 || kind != 0) && TryCompose(codes[starter], code, out int whole))
            {
                codes[starter] = whole;
                continue;
            }

            if (kind == 0)
                (starter, lastClass) = (count, -1);
            else
                lastClass = kind;
            codes[count++] = code;
        }

        return count;
    }

    private static bool TryCompose(int first, int second, out int whole)
    {
        whole = 0;
        if (first is >= LeadBase and < LeadBase + Leads && second is >= VowelBase and < VowelBase + Vowels)
        {
            whole = HangulBase + ((((first - LeadBase) * Vowels) + second - VowelBase) * Tails);
            return true;
        }

        if (IsHangul(first) && (first - HangulBase) % Tails == 0 && second is > TailBase and < TailBase + Tails)
        {
            whole = first + second - TailBase;
            return true;
        }

        return Composites.TryGetValue(Pair(first, second), out whole);
    }

    private sealed class TableReader
    {
        private readonly byte[] _data;
        private int _at;

        public TableReader()
        {
            using var packed = new DeflateStream(new MemoryStream(Convert.FromBase64String(UnicodeData.Deflated)), CompressionMode.Decompress);
            var whole = new MemoryStream();
            packed.CopyTo(whole);
            _data = whole.ToArray();
        }

        public int Number()
        {
            int value = 0;
            for (int shift = 0; ; shift += 7)
            {
                byte part = _data[_at++];
                value |= (part & 0x7F) << shift;
                if (part < 0x80)
                    return value;
            }
        }
    }
}

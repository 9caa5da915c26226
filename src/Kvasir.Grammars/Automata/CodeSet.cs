namespace Kvasir.Grammars.Automata;

/// <summary>An immutable set of Unicode scalar values as sorted, disjoint, non-adjacent ranges. Surrogates are never members.</summary>
internal sealed class CodeSet
{
    public const int Last = 0x10FFFF;

    private CodeSet(List<(int Low, int High)> ranges) => Ranges = [.. ranges];

    public static CodeSet Empty { get; } = new([]);

    public static CodeSet Any { get; } = Of((0, Last));

    public (int Low, int High)[] Ranges { get; }

    public bool IsEmpty => Ranges.Length == 0;

    public static CodeSet Of(params ReadOnlySpan<(int Low, int High)> ranges)
    {
        var split = new List<(int Low, int High)>(ranges.Length + 1);
        foreach (var (low, high) in ranges)
        {
            if (low < 0xD800 && Math.Min(high, 0xD7FF) >= low)
                split.Add((low, Math.Min(high, 0xD7FF)));
            if (high > 0xDFFF && Math.Max(low, 0xE000) <= high)
                split.Add((Math.Max(low, 0xE000), Math.Min(high, Last)));
        }

        split.Sort();
        var merged = new List<(int Low, int High)>(split.Count);
        foreach (var range in split)
        {
            if (merged.Count > 0 && range.Low <= merged[^1].High + 1)
                merged[^1] = (merged[^1].Low, Math.Max(merged[^1].High, range.High));
            else
                merged.Add(range);
        }

        return new CodeSet(merged);
    }

    public static CodeSet Single(int code) => Of((code, code));

    public bool Contains(int code)
    {
        foreach (var (low, high) in Ranges)
        {
            if (code >= low && code <= high)
                return true;
        }

        return false;
    }

    public CodeSet Union(CodeSet other) => Of([.. Ranges, .. other.Ranges]);

    public CodeSet Complement()
    {
        var ranges = new List<(int Low, int High)>();
        var next = 0;
        foreach (var (low, high) in Ranges)
        {
            if (low > next)
                ranges.Add((next, low - 1));
            next = high + 1;
        }

        if (next <= Last)
            ranges.Add((next, Last));
        return Of([.. ranges]);
    }

    public CodeSet Except(CodeSet other) => Complement().Union(other).Complement();
}

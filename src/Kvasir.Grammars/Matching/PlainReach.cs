using Kvasir.Grammars.Vocabulary;

namespace Kvasir.Grammars.Matching;

/// <summary>How many plain characters, whichever they are, a set allows in a row.</summary>
internal static class PlainReach
{
    // The shapes of UTF-8: ranges of bytes, one after another.
    private static readonly (byte Low, byte High)[][] Shapes =
    [
        [(0x20, 0x7E)],
        [(0xC2, 0xDF), (0x80, 0xBF)],
        [(0xE0, 0xE0), (0xA0, 0xBF), (0x80, 0xBF)],
        [(0xE1, 0xEC), (0x80, 0xBF), (0x80, 0xBF)],
        [(0xED, 0xED), (0x80, 0x9F), (0x80, 0xBF)],
        [(0xEE, 0xEF), (0x80, 0xBF), (0x80, 0xBF)],
        [(0xF0, 0xF0), (0x90, 0xBF), (0x80, 0xBF), (0x80, 0xBF)],
        [(0xF1, 0xF3), (0x80, 0xBF), (0x80, 0xBF), (0x80, 0xBF)],
        [(0xF4, 0xF4), (0x80, 0x8F), (0x80, 0xBF), (0x80, 0xBF)],
    ];

    private const int WidestFrontier = 16;

    /// <summary>
    /// The length up to which all plain texts are allowed; <see cref="int.MaxValue"/> where there is no end. Zero where the rule may end on
    /// the way, since what follows then depends on the context.
    /// </summary>
    public static int Of(SetStore store, EarleySet set)
    {
        var longest = PlainText.GroupEnds[^1];
        var seen = new HashSet<EarleySet> { set };
        var frontier = new List<EarleySet> { set };
        for (var reach = 0; reach < longest; reach++)
        {
            var next = new List<EarleySet>();
            foreach (var from in frontier)
            {
                foreach (var shape in Shapes)
                {
                    if (!Follow(store, from, shape, next, seen, out var pops))
                        return pops ? 0 : reach;
                }
            }

            if (next.Count == 0)
                return int.MaxValue;
            if (next.Count > WidestFrontier)
                return reach + 1;
            frontier = next;
        }

        return longest;
    }

    private static bool Follow(SetStore store, EarleySet from, ReadOnlySpan<(byte Low, byte High)> shape, List<EarleySet> next, HashSet<EarleySet> seen, out bool pops)
    {
        pops = false;
        var (low, high) = shape[0];
        var last = -1;
        for (int value = low; value <= high; value++)
        {
            if (!PlainText.IsPlain((byte)value))
            {
                last = -1;
                continue;
            }

            if (!from.Allows((byte)value))
                return false;
            if (store.ClassOf((byte)value) == last)
                continue;
            last = store.ClassOf((byte)value);
            var to = store.Next(from, (byte)value);
            if (to.Pops)
            {
                pops = true;
                return false;
            }

            if (shape.Length > 1)
            {
                if (!Follow(store, to, shape[1..], next, seen, out pops))
                    return false;
            }
            else if (seen.Add(to))
            {
                next.Add(to);
            }
        }

        return true;
    }
}

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
    /// the way, since what follows then depends on the context. And whether no longer plain text is allowed at all, as under maxLength.
    /// </summary>
    public static (int Reach, bool ThenNone) Of(SetStore store, EarleySet set)
    {
        // The number of characters after which each set was met; a set met again later means that some texts go on longer than others.
        var levels = new Dictionary<EarleySet, int> { [set] = 0 };
        var frontier = new List<EarleySet> { set };
        var next = new List<EarleySet>();
        var cameBack = false;
        for (var reach = 0; reach < PlainText.LongestCounted; reach++)
        {
            next.Clear();
            foreach (var from in frontier)
            {
                var step = from.PlainStep ??= StepOf(store, from);
                if (step.Pops)
                    return (0, false);
                if (step.Fails)
                    return (reach, !cameBack && frontier.TrueForAll(ReadsNothingPlain));
                foreach (var to in step.Successors)
                {
                    if (levels.TryAdd(to, reach + 1))
                        next.Add(to);
                    else
                        cameBack |= levels[to] != reach + 1;
                }
            }

            if (next.Count == 0)
                return (int.MaxValue, true);
            if (next.Count > WidestFrontier)
                return (reach + 1, false);
            (frontier, next) = (next, frontier);
        }

        return (PlainText.LongestCounted, false);
    }

    private static bool ReadsNothingPlain(EarleySet set)
    {
        for (var value = 0; value < 256; value++)
        {
            if (PlainText.IsPlain((byte)value) && set.Allows((byte)value))
                return false;
        }

        return true;
    }

    private static PlainStep StepOf(SetStore store, EarleySet set)
    {
        var search = new Search(store);
        var shape = 0;
        while (shape < Shapes.Length && search.Follow(set, shape, 0))
            shape++;
        return new PlainStep([.. search.Whole], shape < Shapes.Length, search.Pops);
    }

    private sealed class Search(SetStore store)
    {
        // Inside a character: where, and what is still to come. Each is looked at once.
        private readonly HashSet<(EarleySet, int)> _inside = [];

        /// <summary>The sets after one character.</summary>
        public HashSet<EarleySet> Whole { get; } = [];

        public bool Pops { get; private set; }

        public bool Follow(EarleySet from, int shape, int at)
        {
            var parts = Shapes[shape];
            if (at > 0 && !_inside.Add((from, Remaining(shape, at))))
                return true;
            var last = -1;
            for (int value = parts[at].Low; value <= parts[at].High; value++)
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
                Pops |= to.Pops;
                if (Pops)
                    return false;
                if (at + 1 == parts.Length)
                    Whole.Add(to);
                else if (!Follow(to, shape, at + 1))
                    return false;
            }

            return true;
        }

        // Shapes that go on alike are one: after the second byte all that comes is continuation bytes.
        private static int Remaining(int shape, int at) =>
            at >= 2 || Shapes[shape][at] == (0x80, 0xBF) ? Shapes[shape].Length - at : 16 + shape;
    }
}

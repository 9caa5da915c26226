namespace Kvasir.Grammars.Automata;

/// <summary>The product of two automata, for intersection, union and difference.</summary>
internal static class DfaProduct
{
    public static Dfa Combine(Dfa left, Dfa right, Func<bool, bool, bool> accept, bool needsLeft, bool needsRight)
    {
        var ids = new Dictionary<(int, int), int>();
        var pairs = new List<(int Left, int Right)>();
        var edges = new List<DfaEdge[]>();
        Id(0, 0);
        for (var i = 0; i < pairs.Count; i++)
        {
            var (a, b) = pairs[i];
            edges.Add(Edges(a, b));
        }

        var accepts = pairs.Select(pair => accept(pair.Left >= 0 && left.Accepts[pair.Left], pair.Right >= 0 && right.Accepts[pair.Right]));
        return DfaMinimizer.Minimize([.. accepts], [.. edges]);

        int Id(int a, int b)
        {
            if (ids.TryGetValue((a, b), out var id))
                return id;
            if (pairs.Count >= Dfa.MaxStates)
                throw new GrammarException($"a pattern or bound needs more than {Dfa.MaxStates} automaton states; simplify it");
            AutomatonWork.Spend(1);
            ids.Add((a, b), pairs.Count);
            pairs.Add((a, b));
            return pairs.Count - 1;
        }

        DfaEdge[] Edges(int a, int b)
        {
            var from = a < 0 ? [] : left.Edges[a];
            var with = b < 0 ? [] : right.Edges[b];
            var result = new List<DfaEdge>();
            int i = 0, j = 0, at = 0;
            while (i < from.Length || j < with.Length)
            {
                var nextLeft = i < from.Length ? Math.Max(from[i].Low, at) : int.MaxValue;
                var nextRight = j < with.Length ? Math.Max(with[j].Low, at) : int.MaxValue;
                var low = Math.Min(nextLeft, nextRight);
                var inLeft = nextLeft == low;
                var inRight = nextRight == low;
                var high = Math.Min(
                    inLeft ? from[i].High : nextLeft - 1,
                    inRight ? with[j].High : nextRight - 1);
                if ((inLeft || !needsLeft) && (inRight || !needsRight))
                    result.Add(new DfaEdge(low, high, Id(inLeft ? from[i].To : -1, inRight ? with[j].To : -1)));
                at = high + 1;
                if (inLeft && from[i].High == high)
                    i++;
                if (inRight && with[j].High == high)
                    j++;
            }

            return [.. result];
        }
    }
}

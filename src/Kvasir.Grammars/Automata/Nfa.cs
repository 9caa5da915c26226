using System.Runtime.InteropServices;

namespace Kvasir.Grammars.Automata;

/// <summary>A nondeterministic automaton over code points, being built; <c>^</c> and <c>$</c> are edges that hold at the ends only.</summary>
internal sealed class Nfa
{
    private const int MaxStates = 400_000;

    private readonly List<List<(EdgeKind Kind, int Low, int High, int To)>?> _edges = [];

    private enum EdgeKind
    {
        Codes,
        Free,
        AtStart,
        AtEnd,
    }

    public int Add()
    {
        if (_edges.Count >= MaxStates)
            throw new GrammarException($"a pattern needs more than {MaxStates} automaton states; use smaller repetition counts");
        AutomatonWork.Spend(1);
        _edges.Add(null);
        return _edges.Count - 1;
    }

    public void Free(int from, int to) => Edge(from, EdgeKind.Free, 0, 0, to);

    public void AtStart(int from, int to) => Edge(from, EdgeKind.AtStart, 0, 0, to);

    public void AtEnd(int from, int to) => Edge(from, EdgeKind.AtEnd, 0, 0, to);

    public void Codes(int from, CodeSet set, int to)
    {
        foreach (var (low, high) in set.Ranges)
            Edge(from, EdgeKind.Codes, low, high, to);
    }

    /// <summary>Copies an automaton in between two states.</summary>
    public void Embed(int from, Dfa dfa, int to)
    {
        var ids = Enumerable.Range(0, dfa.Count).Select(_ => Add()).ToArray();
        Free(from, ids[0]);
        for (var state = 0; state < dfa.Count; state++)
        {
            foreach (var edge in dfa.Edges[state])
                Edge(ids[state], EdgeKind.Codes, edge.Low, edge.High, ids[edge.To]);
            if (dfa.Accepts[state])
                Free(ids[state], to);
        }
    }

    /// <summary>The minimal deterministic automaton (subset construction).</summary>
    public Dfa ToDfa(int start, int accept)
    {
        var ids = new Dictionary<StateSet, int>();
        var sets = new List<int[]>();
        var edges = new List<DfaEdge[]>();
        var mark = new int[_edges.Count];
        var stamp = 0;
        // The start is kept apart from equal sets reached later: only there do the edges at the start hold.
        sets.Add(Closure([start], atStart: true, atEnd: false));
        for (var i = 0; i < sets.Count; i++)
            edges.Add(Move(sets[i]));
        var accepts = new bool[sets.Count];
        for (var i = 0; i < sets.Count; i++)
            accepts[i] = Closure(sets[i], atStart: i == 0, atEnd: true).Contains(accept);
        return DfaMinimizer.Minimize(accepts, [.. edges]);

        DfaEdge[] Move(int[] set)
        {
            var cuts = new SortedSet<int>();
            var outgoing = new List<(int Low, int High, int To)>();
            foreach (var state in set)
            {
                foreach (var edge in _edges[state] ?? [])
                {
                    if (edge.Kind != EdgeKind.Codes)
                        continue;
                    outgoing.Add((edge.Low, edge.High, edge.To));
                    cuts.Add(edge.Low);
                    cuts.Add(edge.High + 1);
                }
            }

            if (outgoing.Count == 0)
                return [];
            var result = new List<DfaEdge>();
            var points = cuts.ToArray();
            outgoing.Sort();
            for (var i = 0; i + 1 < points.Length; i++)
            {
                var low = points[i];
                var high = points[i + 1] - 1;
                var targets = new List<int>();
                foreach (var edge in outgoing)
                {
                    if (edge.Low > low)
                        break;
                    if (edge.High >= high)
                        targets.Add(edge.To);
                }

                if (targets.Count > 0)
                    result.Add(new DfaEdge(low, high, Id(Closure([.. targets], atStart: false, atEnd: false))));
            }

            return [.. result];
        }

        int Id(int[] set)
        {
            ref var id = ref CollectionsMarshal.GetValueRefOrAddDefault(ids, new StateSet(set), out var known);
            if (known)
                return id;
            if (sets.Count >= Dfa.MaxStates)
                throw new GrammarException($"a pattern needs more than {Dfa.MaxStates} automaton states; simplify it");
            // A set of many states costs as much as many sets.
            AutomatonWork.Spend(1 + (set.Length / 16));
            sets.Add(set);
            return id = sets.Count - 1;
        }

        int[] Closure(int[] from, bool atStart, bool atEnd)
        {
            stamp++;
            var found = new List<int>();
            var work = new Stack<int>(from);
            while (work.TryPop(out var state))
            {
                if (mark[state] == stamp)
                    continue;
                mark[state] = stamp;
                found.Add(state);
                foreach (var edge in _edges[state] ?? [])
                {
                    if (edge.Kind == EdgeKind.Free || (edge.Kind == EdgeKind.AtStart && atStart) || (edge.Kind == EdgeKind.AtEnd && atEnd))
                        work.Push(edge.To);
                }
            }

            found.Sort();
            return [.. found];
        }
    }

    private void Edge(int from, EdgeKind kind, int low, int high, int to) => (_edges[from] ??= []).Add((kind, low, high, to));
}

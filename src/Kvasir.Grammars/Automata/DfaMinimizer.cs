using System.Runtime.InteropServices;

namespace Kvasir.Grammars.Automata;

/// <summary>
/// Trims a deterministic automaton and merges equal states: component by component from the end, so that a long chain takes one pass, and
/// inside a circle by Moore's refinement. Equal states of different circles may stay apart: the result is small, not always minimal.
/// </summary>
internal static class DfaMinimizer
{
    // What one circle may cost; past it, its states stay as they are.
    private const int MaxWork = 1_500_000;

    public static Dfa Minimize(bool[] accepts, DfaEdge[][] edges)
    {
        var live = Live(accepts, edges);
        if (!live[0])
            return Dfa.Nothing;
        for (var state = 0; state < edges.Length; state++)
            edges[state] = live[state] ? [.. edges[state].Where(edge => live[edge.To])] : [];

        var block = new int[edges.Length];
        var known = new Dictionary<Signature, int>();
        var blocks = 0;
        foreach (var component in Components.Find(edges))
        {
            if (component is [var only] && edges[only].All(edge => edge.To != only))
            {
                ref var id = ref CollectionsMarshal.GetValueRefOrAddDefault(known, new Signature(accepts[only] ? 1 : 0, Merge(edges[only], block)), out var exists);
                if (!exists)
                    id = blocks++;
                block[only] = id;
            }
            else
                blocks = Refine(component, accepts, edges, block, blocks);
        }

        return Rebuild(accepts, edges, live, block);
    }

    // Numbers the states of a circle from a number on; what lies beyond it is numbered already.
    private static int Refine(List<int> component, bool[] accepts, DfaEdge[][] edges, int[] block, int from)
    {
        foreach (var state in component)
            block[state] = from + (accepts[state] ? 1 : 0);
        var count = 0;
        for (var round = 0; round < Math.Clamp(MaxWork / component.Count, 8, 1000); round++)
        {
            var keys = new Dictionary<Signature, int>();
            var next = new int[component.Count];
            for (var i = 0; i < next.Length; i++)
            {
                ref var id = ref CollectionsMarshal.GetValueRefOrAddDefault(keys, new Signature(block[component[i]], Merge(edges[component[i]], block)), out var exists);
                if (!exists)
                    id = from + keys.Count - 1;
                next[i] = id;
            }

            for (var i = 0; i < next.Length; i++)
                block[component[i]] = next[i];
            if (keys.Count == count)
                return from + count;
            count = keys.Count;
        }

        for (var i = 0; i < component.Count; i++)
            block[component[i]] = from + i;
        return from + component.Count;
    }

    private static DfaEdge[] Merge(DfaEdge[] edges, int[] block)
    {
        var merged = new List<DfaEdge>(edges.Length);
        foreach (var edge in edges)
        {
            var to = block[edge.To];
            if (merged.Count > 0 && merged[^1].To == to && (merged[^1].High + 1 == edge.Low || (merged[^1].High == 0xD7FF && edge.Low == 0xE000)))
                merged[^1] = new DfaEdge(merged[^1].Low, edge.High, to);
            else
                merged.Add(edge with { To = to });
        }

        return [.. merged];
    }

    private static bool[] Live(bool[] accepts, DfaEdge[][] edges)
    {
        var into = new List<int>[edges.Length];
        for (var state = 0; state < edges.Length; state++)
        {
            foreach (var edge in edges[state])
                (into[edge.To] ??= []).Add(state);
        }

        var live = (bool[])accepts.Clone();
        var work = new Stack<int>(Enumerable.Range(0, accepts.Length).Where(state => accepts[state]));
        while (work.TryPop(out var state))
        {
            foreach (var from in into[state] ?? [])
            {
                if (!live[from])
                {
                    live[from] = true;
                    work.Push(from);
                }
            }
        }

        return live;
    }

    private static Dfa Rebuild(bool[] accepts, DfaEdge[][] edges, bool[] live, int[] block)
    {
        var ids = new Dictionary<int, int> { [block[0]] = 0 };
        var order = new List<int> { 0 };
        var newEdges = new List<DfaEdge[]>();
        for (var i = 0; i < order.Count; i++)
        {
            foreach (var edge in edges[order[i]])
            {
                if (live[edge.To] && ids.TryAdd(block[edge.To], order.Count))
                    order.Add(edge.To);
            }

            var mapped = edges[order[i]].Select(edge => edge with { To = ids[block[edge.To]] }).ToArray();
            newEdges.Add(Split(Merge(mapped, [.. Enumerable.Range(0, order.Count)])));
        }

        return new Dfa([.. order.Select(state => accepts[state])], [.. newEdges]);
    }

    // Merging may bridge the surrogates, which are no code points.
    private static DfaEdge[] Split(DfaEdge[] edges) =>
        edges.All(edge => edge.High < 0xD800 || edge.Low > 0xDFFF)
            ? edges
            : [.. edges.SelectMany(edge => CodeSet.Of((edge.Low, edge.High)).Ranges.Select(range => new DfaEdge(range.Low, range.High, edge.To)))];

    private readonly struct Signature(int block, DfaEdge[] edges) : IEquatable<Signature>
    {
        private readonly int _block = block;
        private readonly DfaEdge[] _edges = edges;

        public bool Equals(Signature other) => _block == other._block && _edges.AsSpan().SequenceEqual(other._edges);

        public override bool Equals(object? obj) => obj is Signature other && Equals(other);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.Add(_block);
            foreach (var edge in _edges)
                hash.Add(edge);
            return hash.ToHashCode();
        }
    }
}

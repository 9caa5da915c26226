using System.Runtime.InteropServices;

namespace Kvasir.Grammars.Automata;

/// <summary>Trims a deterministic automaton and merges its equal states (Moore's refinement; acyclic parts end after few rounds).</summary>
internal static class DfaMinimizer
{
    // Long counters refine by one state a round: the work is bounded, and past it the automaton stays as it is.
    private const int MaxWork = 1_500_000;

    public static Dfa Minimize(bool[] accepts, DfaEdge[][] edges)
    {
        var live = Live(accepts, edges);
        if (!live[0])
            return Dfa.Nothing;
        for (var state = 0; state < edges.Length; state++)
            edges[state] = live[state] ? [.. edges[state].Where(edge => live[edge.To])] : [];

        var block = accepts.Select(accept => accept ? 1 : 0).ToArray();
        var blocks = 0;
        var exact = false;
        for (var round = 0; round < Math.Clamp(MaxWork / edges.Length, 8, 1000); round++)
        {
            var keys = new Dictionary<Signature, int>();
            var next = new int[block.Length];
            for (var state = 0; state < block.Length; state++)
            {
                if (!live[state])
                    continue;
                var signature = new Signature(block[state], Merge(edges[state], block));
                ref var id = ref CollectionsMarshal.GetValueRefOrAddDefault(keys, signature, out var known);
                if (!known)
                    id = keys.Count - 1;
                next[state] = id;
            }

            block = next;
            if (keys.Count == blocks)
            {
                exact = true;
                break;
            }

            blocks = keys.Count;
        }

        // Refinement that was cut short has merged states that differ: keep the automaton as it was.
        return exact ? Rebuild(accepts, edges, live, block) : Rebuild(accepts, edges, live, [.. Enumerable.Range(0, block.Length)]);
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

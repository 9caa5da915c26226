using System.Runtime.InteropServices;
using Kvasir.Grammars.Automata;

namespace Kvasir.Grammars.Compilation;

/// <summary>
/// Removes the free edges of a rule and makes it deterministic (a call counts as a symbol), as long as that does not make it much larger.
/// Otherwise it stays nondeterministic: the sets of the matcher are a lazy subset construction anyway.
/// </summary>
internal static class RuleDeterminizer
{
    public static List<RuleState> Determinize(RuleAutomaton rule, GrammarLimits limits)
    {
        var closures = new int[]?[rule.Count];
        var mark = new int[rule.Count];
        var stamp = 0;
        return Subsets((rule.Count * 2) + 64) ?? WithoutFreeEdges();

        List<RuleState>? Subsets(int budget)
        {
            var ids = new Dictionary<StateSet, int>();
            var sets = new List<int[]>();
            var states = new List<RuleState>();
            long work = 0;
            Id(Union([rule.Start]));
            for (var i = 0; i < sets.Count; i++)
            {
                work += sets[i].Length;
                if (sets.Count > budget || work > 40L * budget)
                    return null;
                states.Add(Move(sets[i]));
            }

            return states;

            int Id(int[] set)
            {
                ref var id = ref CollectionsMarshal.GetValueRefOrAddDefault(ids, new StateSet(set), out var known);
                if (!known)
                {
                    sets.Add(set);
                    id = sets.Count - 1;
                }

                return id;
            }

            RuleState Move(int[] set)
            {
                var bytes = new List<ByteEdge>();
                var calls = new SortedDictionary<int, List<int>>();
                var outgoing = new List<(byte Low, byte High, int To)>();
                var cuts = new SortedSet<int>();
                foreach (var state in set)
                {
                    foreach (var edge in rule.Bytes[state] ?? [])
                    {
                        outgoing.Add(edge);
                        cuts.Add(edge.Low);
                        cuts.Add(edge.High + 1);
                    }

                    foreach (var (callee, to) in rule.Calls[state] ?? [])
                        Targets(calls, callee).Add(to);
                }

                outgoing.Sort();
                var points = cuts.ToArray();
                for (var i = 0; i + 1 < points.Length; i++)
                {
                    var targets = new List<int>();
                    foreach (var edge in outgoing)
                    {
                        if (edge.Low > points[i])
                            break;
                        if (edge.High >= points[i + 1] - 1)
                            targets.Add(edge.To);
                    }

                    if (targets.Count > 0)
                        Append(bytes, (byte)points[i], (byte)(points[i + 1] - 1), Id(Union(targets)));
                }

                return new RuleState(set.Contains(rule.End), bytes, [.. calls.Select(call => new CallEdge(call.Key, Id(Union(call.Value))))]);
            }
        }

        List<RuleState> WithoutFreeEdges()
        {
            var ids = new Dictionary<int, int> { [rule.Start] = 0 };
            var order = new List<int> { rule.Start };
            var states = new List<RuleState>();
            var edges = 0;
            for (var i = 0; i < order.Count; i++)
            {
                var closure = Closure(order[i]);
                var bytes = closure.SelectMany(state => rule.Bytes[state] ?? []).Select(edge => new ByteEdge(edge.Low, edge.High, Id(edge.To))).Distinct().ToList();
                var calls = closure.SelectMany(state => rule.Calls[state] ?? []).Select(call => new CallEdge(call.Rule, Id(call.To))).Distinct().ToList();
                edges += bytes.Count + calls.Count;
                if (edges > limits.MaxEdges)
                    throw new GrammarException($"the grammar needs more than {limits.MaxEdges} edges; use smaller counts or fewer alternatives");
                states.Add(new RuleState(closure.Contains(rule.End), bytes, calls));
            }

            return states;

            int Id(int state)
            {
                ref var id = ref CollectionsMarshal.GetValueRefOrAddDefault(ids, state, out var known);
                if (!known)
                {
                    id = order.Count;
                    order.Add(state);
                }

                return id;
            }
        }

        int[] Union(List<int> states)
        {
            if (states.Count == 1)
                return Closure(states[0]);
            var all = new SortedSet<int>();
            foreach (var state in states)
                all.UnionWith(Closure(state));
            return [.. all];
        }

        // Only states that matter: with edges that read something, or the end.
        int[] Closure(int from)
        {
            if (closures[from] is { } known)
                return known;
            stamp++;
            var found = new List<int>();
            var work = new Stack<int>([from]);
            while (work.TryPop(out var state))
            {
                if (mark[state] == stamp)
                    continue;
                mark[state] = stamp;
                if (state == rule.End || rule.Bytes[state] is { Count: > 0 } || rule.Calls[state] is { Count: > 0 })
                    found.Add(state);
                foreach (var to in rule.Free[state] ?? [])
                    work.Push(to);
            }

            found.Sort();
            return closures[from] = [.. found];
        }
    }

    private static List<int> Targets(SortedDictionary<int, List<int>> calls, int callee)
    {
        if (!calls.TryGetValue(callee, out var targets))
            calls.Add(callee, targets = []);
        return targets;
    }

    private static void Append(List<ByteEdge> edges, byte low, byte high, int to)
    {
        if (edges.Count > 0 && edges[^1].To == to && edges[^1].High + 1 == low)
            edges[^1] = edges[^1] with { High = high };
        else
            edges.Add(new ByteEdge(low, high, to));
    }
}

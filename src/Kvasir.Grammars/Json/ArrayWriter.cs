using Kvasir.Grammars.Syntax;

namespace Kvasir.Grammars.Json;

/// <summary>Writes arrays as automata that count items, matches of <c>contains</c>, or values used.</summary>
internal static class ArrayWriter
{
    private const int MostItems = 20_000;
    private const int MostCountingStates = 50_000;
    private const int MostUniqueValues = 10;

    public static Node Write(JsonSchemaCompiler compiler, ArraySpec array)
    {
        var graph = array.Unique && array.Max is not (0 or 1) ? WriteUnique(compiler, array) : WriteCounting(compiler, array);
        return Node.Sequence(Node.Text("["), compiler.Inside, graph, compiler.Inside, Node.Text("]"));
    }

    // States: items so far, and for each contains how many of them matched; both no further than matters.
    private static GraphNode WriteCounting(JsonSchemaCompiler compiler, ArraySpec array)
    {
        var last = array.Max is { } bound ? bound : Math.Max(array.Min, array.Prefix.Count);
        if (array.Max is not null && array.Rest.IsFalse)
            last = Math.Min(last, array.Prefix.Count);
        if (array.Max == int.MaxValue || last > MostItems)
            throw new GrammarException($"up to {MostItems} items can be counted, not {last}; lower or drop minItems and maxItems");
        last = array.Max is null ? Math.Max(last, 1) : last;
        var graph = new GraphNode();
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        var states = new List<(int Items, int[] Matches)>();
        Id(0, new int[array.Contains.Count]);
        for (var i = 0; i < states.Count; i++)
        {
            var (items, matches) = states[i];
            if (items >= array.Min && array.Contains.Select((contains, c) => matches[c] >= contains.Min).All(met => met))
                graph.SetFinal(i);
            if (items == array.Max || (items == last && array.Max is not null))
                continue;
            foreach (var (item, after) in Items(array, array.At(items), matches, 0))
            {
                if (item.IsFalse)
                    continue;
                var value = compiler.Value(item);
                graph.AddEdge(i, items == 0 ? value : Node.Sequence(compiler.Comma, value), Id(Math.Min(items + 1, last), after));
            }
        }

        return graph;

        int Id(int items, int[] matches)
        {
            var key = items + ":" + string.Join(',', matches);
            if (ids.TryGetValue(key, out var id))
                return id;
            if (states.Count >= MostCountingStates)
                throw new GrammarException($"counting items and contains needs more than {MostCountingStates} states; lower the bounds");
            id = states.Count == 0 ? 0 : graph.AddState();
            ids.Add(key, id);
            states.Add((items, matches));
            return id;
        }
    }

    // What one item may be, and the counts after it.
    private static IEnumerable<(Conjunction Item, int[] After)> Items(ArraySpec array, Conjunction item, int[] matches, int at)
    {
        if (at == array.Contains.Count)
            return [(item, matches)];
        var contains = array.Contains[at];
        var result = new List<(Conjunction, int[])>();
        var cap = contains.Max ?? contains.Min;
        if (matches[at] < cap)
        {
            var more = (int[])matches.Clone();
            more[at]++;
            result.AddRange(Items(array, item.And(contains.Item), more, at + 1));
        }

        if (contains.Max is null)
        {
            // Items that match more often than need be are no harm, so what does not count may be anything.
            result.AddRange(Items(array, item, matches, at + 1));
        }
        else
        {
            foreach (var literal in contains.Item.Literals)
                result.AddRange(Items(array, item.And(Conjunction.Not(literal)), matches, at + 1));
        }

        return result;
    }

    // States: the set of values used.
    private static GraphNode WriteUnique(JsonSchemaCompiler compiler, ArraySpec array)
    {
        if (array.Prefix.Count > 0 || array.Contains.Count > 0 || compiler.Enumerate(array.Rest, MostUniqueValues) is not { } values)
            throw new GrammarException($"uniqueItems can be enforced for items of at most {MostUniqueValues} simple values (an enum), or for at most one item; name the values, or drop it");
        var graph = new GraphNode();
        while (graph.Count < 1 << values.Count)
            graph.AddState();
        for (var used = 0; used < 1 << values.Count; used++)
        {
            var count = System.Numerics.BitOperations.PopCount((uint)used);
            if (count >= array.Min && count <= (array.Max ?? int.MaxValue))
                graph.SetFinal(used);
            if (count >= (array.Max ?? int.MaxValue))
                continue;
            for (var i = 0; i < values.Count; i++)
            {
                if ((used & (1 << i)) == 0)
                    graph.AddEdge(used, count == 0 ? values[i] : Node.Sequence(compiler.Comma, values[i]), used | (1 << i));
            }
        }

        return graph;
    }
}

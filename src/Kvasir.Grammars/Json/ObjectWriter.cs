using Kvasir.Grammars.Syntax;

namespace Kvasir.Grammars.Json;

/// <summary>Writes objects: the named members in order, those that are not required may be skipped, then any others.</summary>
internal static class ObjectWriter
{
    private const int MostStates = 100_000;

    public static Node Write(JsonSchemaCompiler compiler, ObjectSpec spec)
    {
        var members = spec.Members.Concat(spec.Required.Where(name => !spec.Names(name)).Order(StringComparer.Ordinal).Select(name => KeyValuePair.Create(name, spec.At(name))))
            .Where(member => spec.Required.Contains(member.Key) || !member.Value.IsFalse)
            .ToArray();
        var known = SpecAlgebra.Union([.. spec.Members.Select(member => member.Key).Union(members.Select(member => member.Key))]);
        var others = spec.Rest
            .Where(region => !region.Value.IsFalse)
            .Select(region => (Names: region.Names.Except(known), region.Value))
            .Select(region => spec.Rest.Count == 1 ? region : (Names: region.Names.Intersect(StringSpec.Undisputed), region.Value))
            .Where(region => !region.Names.IsEmpty)
            .Select(region => Node.Sequence(compiler.Text(region.Names), compiler.Colon, compiler.Value(region.Value)))
            .ToArray();

        // Counts matter only where they bind. Other names may repeat each other, so all of them together count as one towards the least.
        var most = others.Length == 0 && spec.Max >= members.Length ? null : spec.Max;
        var least = spec.Min <= spec.Required.Count ? 0 : spec.Min;
        if (least > members.Length + (others.Length > 0 ? 1 : 0))
            throw new GrammarException($"minProperties {spec.Min} asks for more members than are named (and one more): names that only patterns describe cannot be kept from repeating; list the properties");
        if ((long)(members.Length + 2) * (Math.Max(least, most ?? 0) + 2) > MostStates)
            throw new GrammarException($"counting properties needs more than {MostStates} states; lower minProperties or maxProperties");
        var graph = Graph(compiler, spec, members, others.Length == 0 ? null : Node.Choice(others), least, most);
        return Node.Sequence(Node.Text("{"), compiler.Inside, graph, compiler.Inside, Node.Text("}"));
    }

    private static GraphNode Graph(JsonSchemaCompiler compiler, ObjectSpec spec, KeyValuePair<string, Conjunction>[] members, Node? others, int least, int? most)
    {
        // States: how many of the members are behind, how many were written (as far as that matters), whether another name was.
        var cap = most ?? Math.Max(1, least);
        var graph = new GraphNode();
        var ids = new Dictionary<(int Behind, int Written, bool Other), int> { [(0, 0, false)] = 0 };
        var states = new List<(int Behind, int Written, bool Other)> { (0, 0, false) };
        for (var i = 0; i < states.Count; i++)
        {
            var (behind, written, other) = states[i];
            var mayAdd = most is null || written < most;
            if (behind < members.Length)
            {
                var (name, value) = members[behind];
                if (!spec.Required.Contains(name))
                    graph.AddEdge(i, Node.Nothing, Id(behind + 1, written, other));
                if (mayAdd)
                    graph.AddEdge(i, Member(written, Node.Sequence(Node.Text(JsonText.Quote(name)), compiler.Colon, compiler.Value(value))), Id(behind + 1, Math.Min(written + 1, cap), other));
                continue;
            }

            if (written >= least)
                graph.SetFinal(i);
            if (others is null || !mayAdd)
                continue;

            // Towards the most every other name counts, since none need repeat; towards the least only the first, since all may.
            var next = most is not null || !other ? Math.Min(written + 1, cap) : written;
            if (most is not null && other && least > 1 && written < least)
                continue;
            graph.AddEdge(i, Member(written, others), Id(behind, next, true));
        }

        return graph;

        Node Member(int written, Node member) => written == 0 ? member : Node.Sequence(compiler.Comma, member);

        int Id(int behind, int written, bool other)
        {
            if (ids.TryGetValue((behind, written, other), out var id))
                return id;
            id = graph.AddState();
            ids.Add((behind, written, other), id);
            states.Add((behind, written, other));
            return id;
        }
    }
}

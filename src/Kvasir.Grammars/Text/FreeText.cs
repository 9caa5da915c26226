using Kvasir.Grammars.Automata;

namespace Kvasir.Grammars.Text;

/// <summary>Free text up to, or without, certain strings.</summary>
internal static class FreeText
{
    public static Dfa Until(ReadOnlySpan<string> ends)
    {
        if (ends.Length == 0)
            throw new GrammarException("text until nothing has no end; name at least one end");
        var found = Holding(ends);
        var edges = new DfaEdge[found.Count][];
        for (var state = 0; state < edges.Length; state++)
            edges[state] = found.Accepts[state] ? [] : found.Edges[state];
        return DfaMinimizer.Minimize([.. found.Accepts], edges);
    }

    public static Dfa Without(ReadOnlySpan<string> forbidden)
    {
        if (forbidden.Length == 0)
            return Dfa.Anything;
        var found = Holding(forbidden);
        return found.Complement();
    }

    // All texts that hold one of the words.
    private static Dfa Holding(ReadOnlySpan<string> words)
    {
        var nfa = new Nfa();
        var start = nfa.Add();
        var end = nfa.Add();
        nfa.Codes(start, CodeSet.Any, start);
        nfa.Codes(end, CodeSet.Any, end);
        foreach (var word in words)
        {
            if (string.IsNullOrEmpty(word))
                throw new GrammarException("an empty string cannot be an end or be forbidden: it is everywhere");
            nfa.Embed(start, Dfa.Literal(word), end);
        }

        return nfa.ToDfa(start, end);
    }
}

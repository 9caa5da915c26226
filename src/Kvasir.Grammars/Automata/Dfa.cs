namespace Kvasir.Grammars.Automata;

/// <summary>
/// A trimmed deterministic automaton over code points: a regular language. State 0 is the start; a missing edge is refusal; every state
/// can reach an accepting one, except in the empty language, which is a lone refusing state.
/// </summary>
internal sealed class Dfa
{
    public const int MaxStates = 120_000;

    public Dfa(bool[] accepts, DfaEdge[][] edges)
    {
        Accepts = accepts;
        Edges = edges;
    }

    public static Dfa Nothing { get; } = new([false], [[]]);

    public static Dfa Anything { get; } = new([true], [[.. CodeSet.Any.Ranges.Select(range => new DfaEdge(range.Low, range.High, 0))]]);

    public int Count => Accepts.Length;

    public bool[] Accepts { get; }

    /// <summary>The edges of each state, sorted, disjoint.</summary>
    public DfaEdge[][] Edges { get; }

    public bool IsEmpty => Count == 1 && !Accepts[0];

    public static Dfa Literal(string text)
    {
        var runes = text.EnumerateRunes().ToArray();
        var edges = new DfaEdge[runes.Length + 1][];
        for (var i = 0; i < runes.Length; i++)
            edges[i] = [new DfaEdge(runes[i].Value, runes[i].Value, i + 1)];
        edges[^1] = [];
        var accepts = new bool[runes.Length + 1];
        accepts[^1] = true;
        return new Dfa(accepts, edges);
    }

    public bool Matches(string text)
    {
        var state = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            state = Next(state, rune.Value);
            if (state < 0)
                return false;
        }

        return Accepts[state];
    }

    public int Next(int state, int code)
    {
        foreach (var edge in Edges[state])
        {
            if (code >= edge.Low && code <= edge.High)
                return edge.To;
        }

        return -1;
    }

    public Dfa Intersect(Dfa other) =>
        ReferenceEquals(this, Anything) ? other
        : ReferenceEquals(other, Anything) || ReferenceEquals(other, this) ? this
        : DfaProduct.Combine(this, other, static (a, b) => a && b, needsLeft: true, needsRight: true);

    public Dfa Union(Dfa other) =>
        IsEmpty ? other : other.IsEmpty ? this : DfaProduct.Combine(this, other, static (a, b) => a || b, needsLeft: false, needsRight: false);

    public Dfa Except(Dfa other) =>
        other.IsEmpty ? this : DfaProduct.Combine(this, other, static (a, b) => a && !b, needsLeft: true, needsRight: false);

    public Dfa Complement() => Anything.Except(this);

    /// <summary>The sentences, where there are at most <paramref name="limit"/> of them; else null.</summary>
    public List<string>? Enumerate(int limit)
    {
        var found = new List<string>();
        return IsEmpty || Walk(0, [], found, limit) ? found : null;
    }

    private bool Walk(int state, List<int> path, List<string> found, int limit)
    {
        if (path.Count > 256)
            return false;
        if (Accepts[state])
        {
            if (found.Count == limit)
                return false;
            found.Add(string.Concat(path.Select(char.ConvertFromUtf32)));
        }

        foreach (var edge in Edges[state])
        {
            if (edge.High - edge.Low >= limit)
                return false;
            for (var code = edge.Low; code <= edge.High; code++)
            {
                path.Add(code);
                if (!Walk(edge.To, path, found, limit))
                    return false;
                path.RemoveAt(path.Count - 1);
            }
        }

        return true;
    }
}

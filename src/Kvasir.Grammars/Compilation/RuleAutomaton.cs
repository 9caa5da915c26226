namespace Kvasir.Grammars.Compilation;

/// <summary>One rule as a nondeterministic automaton over bytes and calls of other rules, while a grammar is compiled.</summary>
internal sealed class RuleAutomaton
{
    public List<List<int>?> Free { get; } = [];

    public List<List<(byte Low, byte High, int To)>?> Bytes { get; } = [];

    public List<List<(int Rule, int To)>?> Calls { get; } = [];

    public int Count => Free.Count;

    public int Start { get; set; }

    public int End { get; set; }

    public int Add()
    {
        Free.Add(null);
        Bytes.Add(null);
        Calls.Add(null);
        return Free.Count - 1;
    }

    public void AddFree(int from, int to) => (Free[from] ??= []).Add(to);

    public void AddBytes(int from, byte low, byte high, int to) => (Bytes[from] ??= []).Add((low, high, to));

    public void AddCall(int from, int rule, int to) => (Calls[from] ??= []).Add((rule, to));

    /// <summary>The states from which the end can be reached over bytes, free edges and the calls that <paramref name="usable"/> allows.</summary>
    public bool[] ReachingEnd(Func<int, bool> usable, bool overBytes)
    {
        var into = new List<int>?[Count];
        for (var from = 0; from < Count; from++)
        {
            foreach (var to in Free[from] ?? [])
                (into[to] ??= []).Add(from);
            if (overBytes)
            {
                foreach (var edge in Bytes[from] ?? [])
                    (into[edge.To] ??= []).Add(from);
            }

            foreach (var (rule, to) in Calls[from] ?? [])
            {
                if (usable(rule))
                    (into[to] ??= []).Add(from);
            }
        }

        var reaching = new bool[Count];
        reaching[End] = true;
        var work = new Stack<int>([End]);
        while (work.TryPop(out var state))
        {
            foreach (var from in into[state] ?? [])
            {
                if (reaching[from])
                    continue;
                reaching[from] = true;
                work.Push(from);
            }
        }

        return reaching;
    }

    /// <summary>Drops all edges that lead to states outside <paramref name="keep"/>, and calls that <paramref name="usable"/> forbids.</summary>
    public void Trim(bool[] keep, Func<int, bool> usable)
    {
        for (var from = 0; from < Count; from++)
        {
            Free[from]?.RemoveAll(to => !keep[to]);
            Bytes[from]?.RemoveAll(edge => !keep[edge.To]);
            Calls[from]?.RemoveAll(call => !keep[call.To] || !usable(call.Rule));
        }
    }
}

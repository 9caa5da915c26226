namespace Kvasir.Grammars.Automata;

/// <summary>The strongly connected components of a graph of states, those that are reached first (Tarjan 1972, without recursion).</summary>
internal static class Components
{
    public static List<List<int>> Find(DfaEdge[][] edges)
    {
        var result = new List<List<int>>();
        var index = new int[edges.Length];
        var low = new int[edges.Length];
        var onStack = new bool[edges.Length];
        var stack = new Stack<int>();
        var calls = new Stack<(int State, int Edge)>();
        var next = 0;
        for (var root = 0; root < edges.Length; root++)
        {
            if (index[root] != 0)
                continue;
            calls.Push((root, 0));
            while (calls.TryPop(out var call))
            {
                var (state, edge) = call;
                if (edge == 0)
                {
                    index[state] = low[state] = ++next;
                    stack.Push(state);
                    onStack[state] = true;
                }
                else
                    low[state] = Math.Min(low[state], low[edges[state][edge - 1].To]);

                var waits = false;
                for (; edge < edges[state].Length; edge++)
                {
                    var to = edges[state][edge].To;
                    if (index[to] == 0)
                    {
                        calls.Push((state, edge + 1));
                        calls.Push((to, 0));
                        waits = true;
                        break;
                    }

                    if (onStack[to])
                        low[state] = Math.Min(low[state], index[to]);
                }

                if (!waits && low[state] == index[state])
                    result.Add(Pop(state));
            }
        }

        return result;

        List<int> Pop(int root)
        {
            var component = new List<int>();
            int state;
            do
            {
                state = stack.Pop();
                onStack[state] = false;
                component.Add(state);
            }
            while (state != root);
            return component;
        }
    }
}

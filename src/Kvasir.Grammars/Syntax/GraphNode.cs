namespace Kvasir.Grammars.Syntax;

/// <summary>An automaton whose edges are grammars: state 0 is the start.</summary>
internal sealed class GraphNode : Node
{
    private readonly List<(int From, Node Node, int To)> _edges = [];
    private readonly HashSet<int> _finals = [];

    public int Count { get; private set; } = 1;

    public IReadOnlyList<(int From, Node Node, int To)> Edges => _edges;

    public IEnumerable<int> Finals => _finals;

    public int AddState() => Count++;

    public void AddEdge(int from, Node node, int to) => _edges.Add((from, node, to));

    public void SetFinal(int state) => _finals.Add(state);
}

using Kvasir.Grammars.Automata;
using Kvasir.Grammars.Syntax;
using Kvasir.Grammars.Vocabulary;

namespace Kvasir.Grammars.Compilation;

/// <summary>Writes syntax into rule automata. What is shared, recursive or repeated becomes a rule of its own; the rest is written in place.</summary>
internal sealed class RuleEmitter(GrammarLimits limits, Alphabet alphabet)
{
    private const int SmallNode = 12;
    private const int DeepestNesting = 1500;

    private readonly Dictionary<Node, int> _rules = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Node, int> _sizes = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Node, int> _uses = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<Node> _open = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<Node> _recursive = new(ReferenceEqualityComparer.Instance);
    private readonly Queue<(Node Node, int Rule)> _pending = new();
    private int _states;
    private int _edges;
    private int _depth;

    public List<RuleAutomaton> Rules { get; } = [];

    public List<string> Names { get; } = [];

    /// <summary>Writes the sentence rule, which is rule 0, and all it needs.</summary>
    public void EmitAll(Node root)
    {
        Measure(root);
        NewRule("the sentence");
        _pending.Enqueue((root, 0));
        while (_pending.TryDequeue(out var next))
        {
            var rule = Rules[next.Rule];
            rule.Start = State(rule);
            rule.End = State(rule);
            WriteHere(rule, next.Node, rule.Start, rule.End, repeated: false);
        }
    }

    private static Node Body(RuleNode rule) => rule.Body ?? throw new GrammarException($"rule '{rule.Name}' is used but not defined");

    private int NewRule(string name)
    {
        if (Rules.Count >= limits.MaxRules)
            throw new GrammarException($"the grammar needs more than {limits.MaxRules} rules; simplify it");
        Rules.Add(new RuleAutomaton());
        Names.Add(name);
        return Rules.Count - 1;
    }

    // How large a node is when written in place (capped), how often it is used, and which rules call themselves.
    private int Measure(Node node)
    {
        _uses[node] = _uses.GetValueOrDefault(node) + 1;
        if (_sizes.TryGetValue(node, out var known))
        {
            if (_open.Contains(node))
                _recursive.Add(node);
            return known;
        }

        if (++_depth > DeepestNesting)
            throw new GrammarException($"the grammar nests deeper than {DeepestNesting}; flatten it");
        _sizes[node] = 0;
        _open.Add(node);
        var size = node switch
        {
            BytesNode bytes => bytes.Bytes.Length,
            CharNode => 2,
            DfaNode dfa => dfa.Dfa.Count,
            SequenceNode sequence => sequence.Parts.Sum(MeasureCapped),
            ChoiceNode choice => choice.Options.Sum(MeasureCapped),
            RepeatNode repeat => (MeasureCapped(repeat.Body) + (repeat.Separator is null ? 0 : MeasureCapped(repeat.Separator))) * Math.Max(1, Math.Min(repeat.Max ?? (repeat.Min + 1), 100_000)),
            RuleNode rule => MeasureCapped(Body(rule)),
            GraphNode graph => graph.Edges.Sum(edge => MeasureCapped(edge.Node)),
            _ => throw new InvalidOperationException(node.GetType().Name),
        };
        _depth--;
        _open.Remove(node);
        _sizes[node] = Math.Min(size, 1_000_000);
        return _sizes[node];
    }

    private int MeasureCapped(Node node) => Math.Min(Measure(node), 1000);

    // Every circle holds a node that was found again while it was open; that one is a rule, so writing in place always ends.
    private bool IsRule(Node node, bool repeated) =>
        _recursive.Contains(node) || (_sizes[node] > SmallNode && (repeated || node is RuleNode || _uses[node] > 1));

    private void Write(RuleAutomaton rule, Node node, int from, int to, bool repeated = false)
    {
        if (IsRule(node, repeated))
        {
            if (!_rules.TryGetValue(node, out var callee))
            {
                callee = NewRule(node is RuleNode named ? named.Name : "a shared part");
                _rules.Add(node, callee);
                _pending.Enqueue((node, callee));
            }

            CountEdge();
            rule.AddCall(from, callee, to);
            return;
        }

        WriteHere(rule, node, from, to, repeated);
    }

    private void WriteHere(RuleAutomaton rule, Node node, int from, int to, bool repeated)
    {
        switch (node)
        {
            case BytesNode bytes:
                WriteBytes(rule, bytes.Bytes, from, to);
                break;
            case CharNode set:
                foreach (var (low, high) in set.Set.Ranges)
                    WriteCodes(rule, low, high, from, to, []);
                break;
            case SequenceNode sequence:
                WriteSequence(rule, sequence.Parts, from, to);
                break;
            case ChoiceNode choice:
                foreach (var option in choice.Options)
                    Write(rule, option, from, to, repeated);
                break;
            case RepeatNode repeat:
                WriteRepeat(rule, repeat, from, to);
                break;
            case DfaNode dfa:
                WriteDfa(rule, dfa.Dfa, from, to);
                break;
            case RuleNode named:
                Write(rule, Body(named), from, to, repeated);
                break;
            case GraphNode graph:
                WriteGraph(rule, graph, from, to);
                break;
        }
    }

    private void WriteBytes(RuleAutomaton rule, byte[] bytes, int from, int to)
    {
        if (!CanWrite(bytes))
            return;
        for (var i = 0; i < bytes.Length; i++)
        {
            var next = i == bytes.Length - 1 ? to : State(rule);
            Edge(rule, from, bytes[i], bytes[i], next);
            from = next;
        }

        if (bytes.Length == 0)
            Free(rule, from, to);
    }

    private bool CanWrite(byte[] bytes) => ReferenceEquals(alphabet.Characters, CodeSet.Any) ||
        System.Text.Encoding.UTF8.GetString(bytes).EnumerateRunes().All(rune => alphabet.Characters.Contains(rune.Value));

    private void WriteCodes(RuleAutomaton rule, int low, int high, int from, int to, Dictionary<(byte, byte, int), int> tails)
    {
        if (ReferenceEquals(alphabet.Characters, CodeSet.Any))
        {
            WriteRange(rule, low, high, from, to, tails);
            return;
        }

        foreach (var range in alphabet.Characters.Ranges)
        {
            if (range.Low <= high && range.High >= low)
                WriteRange(rule, Math.Max(low, range.Low), Math.Min(high, range.High), from, to, tails);
        }
    }

    private void WriteRange(RuleAutomaton rule, int low, int high, int from, int to, Dictionary<(byte, byte, int), int> tails) =>
        Utf8Ranges.Split(low, high, sequence =>
        {
            // Built from the last byte on, so that equal tails are shared.
            var next = to;
            for (var i = sequence.Length - 1; i > 0; i--)
            {
                var key = (sequence[i].Low, sequence[i].High, next);
                if (!tails.TryGetValue(key, out var state))
                {
                    state = State(rule);
                    Edge(rule, state, sequence[i].Low, sequence[i].High, next);
                    tails.Add(key, state);
                }

                next = state;
            }

            Edge(rule, from, sequence[0].Low, sequence[0].High, next);
        });

    private void WriteSequence(RuleAutomaton rule, Node[] parts, int from, int to)
    {
        for (var i = 0; i < parts.Length; i++)
        {
            var next = i == parts.Length - 1 ? to : State(rule);
            Write(rule, parts[i], from, next);
            from = next;
        }

        if (parts.Length == 0)
            Free(rule, from, to);
    }

    private void WriteRepeat(RuleAutomaton rule, RepeatNode repeat, int from, int to)
    {
        // A state that is entered and left only here, so that loops cannot leak into what stands before or after.
        var at = State(rule);
        Free(rule, from, at);
        if (repeat.Min == 0)
            Free(rule, at, to);
        var copies = repeat.Max ?? Math.Max(1, repeat.Min);
        var repeated = copies > 1 || repeat.Separator is not null;
        for (var i = 0; i < copies; i++)
        {
            var begin = at;
            if (i > 0 && repeat.Separator is { } separator)
            {
                begin = State(rule);
                Write(rule, separator, at, begin, repeated);
            }

            var end = State(rule);
            Write(rule, repeat.Body, begin, end, repeated);
            if (i + 1 >= repeat.Min)
                Free(rule, end, to);
            at = end;
        }

        if (repeat.Max is not null)
            return;
        var again = at;
        if (repeat.Separator is { } between)
        {
            again = State(rule);
            Write(rule, between, at, again, repeated);
        }

        Write(rule, repeat.Body, again, at, repeated);
    }

    private void WriteDfa(RuleAutomaton rule, Dfa dfa, int from, int to)
    {
        var states = new int[dfa.Count];
        for (var i = 0; i < states.Length; i++)
            states[i] = State(rule);
        Free(rule, from, states[0]);
        var tails = new Dictionary<(byte, byte, int), int>();
        for (var i = 0; i < states.Length; i++)
        {
            foreach (var edge in dfa.Edges[i])
                WriteCodes(rule, edge.Low, edge.High, states[i], states[edge.To], tails);
            if (dfa.Accepts[i])
                Free(rule, states[i], to);
        }
    }

    private void WriteGraph(RuleAutomaton rule, GraphNode graph, int from, int to)
    {
        var states = new int[graph.Count];
        for (var i = 0; i < states.Length; i++)
            states[i] = State(rule);
        Free(rule, from, states[0]);
        foreach (var edge in graph.Edges)
            Write(rule, edge.Node, states[edge.From], states[edge.To], repeated: true);
        foreach (var final in graph.Finals)
            Free(rule, states[final], to);
    }

    private void Edge(RuleAutomaton rule, int from, byte low, byte high, int to)
    {
        for (int at = low; at <= high; at++)
        {
            if (!alphabet.Bytes[at])
                continue;
            var first = at;
            while (at < high && alphabet.Bytes[at + 1])
                at++;
            CountEdge();
            rule.AddBytes(from, (byte)first, (byte)at, to);
        }
    }

    private void Free(RuleAutomaton rule, int from, int to)
    {
        CountEdge();
        rule.AddFree(from, to);
    }

    private int State(RuleAutomaton rule)
    {
        if (++_states > limits.MaxStates)
            throw new GrammarException($"the grammar needs more than {limits.MaxStates} states; use smaller counts or fewer alternatives");
        return rule.Add();
    }

    private void CountEdge()
    {
        if (++_edges > limits.MaxEdges)
            throw new GrammarException($"the grammar needs more than {limits.MaxEdges} edges; use smaller counts or fewer alternatives");
    }
}

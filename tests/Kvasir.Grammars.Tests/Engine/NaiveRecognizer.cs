using System.Text;
using Kvasir.Grammars.Syntax;

namespace Kvasir.Grammars.Tests.Engine;

/// <summary>
/// Whether a text is a sentence, or the beginning of one, by tables over all nodes and positions that are filled until nothing changes:
/// nothing shared with the engine but the syntax tree.
/// </summary>
internal sealed class NaiveRecognizer
{
    private readonly List<Node> _nodes = [];
    private readonly Dictionary<Node, int> _ids = new(ReferenceEqualityComparer.Instance);
    private readonly bool[] _productive;
    private ulong[,] _ends = new ulong[0, 0];
    private bool[,] _begins = new bool[0, 0];
    private readonly Dictionary<string, (bool, bool)> _known = new(StringComparer.Ordinal);
    private byte[] _text = [];

    public NaiveRecognizer(Node root)
    {
        Collect(root);
        _productive = new bool[_nodes.Count];
        for (var changed = true; changed;)
        {
            changed = false;
            foreach (var node in _nodes)
            {
                if (!_productive[_ids[node]] && IsProductive(node))
                    changed = _productive[_ids[node]] = true;
            }
        }
    }

    /// <summary>Whether the text is a sentence, and whether it is the beginning of one (itself included).</summary>
    public (bool Sentence, bool Prefix) Read(byte[] text)
    {
        var key = Convert.ToHexString(text);
        if (!_known.TryGetValue(key, out var answer))
            _known.Add(key, answer = Fill(text));
        return answer;
    }

    private (bool Sentence, bool Prefix) Fill(byte[] text)
    {
        _text = text;
        _ends = new ulong[_nodes.Count, text.Length + 1];
        _begins = new bool[_nodes.Count, text.Length + 1];
        for (var changed = true; changed;)
        {
            changed = false;
            for (var id = _nodes.Count - 1; id >= 0; id--)
            {
                for (var at = 0; at <= text.Length; at++)
                {
                    var ends = Ends(_nodes[id], at);
                    changed |= ends != _ends[id, at];
                    _ends[id, at] = ends;
                }
            }
        }

        for (var changed = true; changed;)
        {
            changed = false;
            for (var id = _nodes.Count - 1; id >= 0; id--)
            {
                for (var at = 0; at <= text.Length; at++)
                {
                    if (!_begins[id, at] && _productive[id] && Begins(_nodes[id], at))
                        changed = _begins[id, at] = true;
                }
            }
        }

        return ((_ends[0, 0] >> text.Length & 1) != 0, _begins[0, 0]);
    }

    private void Collect(Node node)
    {
        if (!_ids.TryAdd(node, _nodes.Count))
            return;
        _nodes.Add(node);
        Node[] children = node switch
        {
            SequenceNode sequence => sequence.Parts,
            ChoiceNode choice => choice.Options,
            RepeatNode { Separator: { } separator } repeat => [repeat.Body, separator],
            RepeatNode repeat => [repeat.Body],
            RuleNode rule => [rule.Body!],
            _ => [],
        };
        foreach (var child in children)
            Collect(child);
    }

    private bool IsProductive(Node node) => node switch
    {
        SequenceNode sequence => sequence.Parts.All(Productive),
        ChoiceNode choice => choice.Options.Any(Productive),
        RepeatNode repeat => repeat.Min == 0 || (Productive(repeat.Body) && (repeat.Min == 1 || repeat.Separator is null || Productive(repeat.Separator))),
        RuleNode rule => Productive(rule.Body!),
        CharNode set => !set.Set.IsEmpty,
        _ => true,
    };

    private bool Productive(Node node) => _productive[_ids[node]];

    // The positions (as bits) where a node that starts at a position may end.
    private ulong Ends(Node node, int at)
    {
        switch (node)
        {
            case BytesNode bytes:
                return _text.AsSpan(at).StartsWith(bytes.Bytes) ? 1UL << (at + bytes.Bytes.Length) : 0;
            case CharNode set:
                return Rune.DecodeFromUtf8(_text.AsSpan(at), out var rune, out var length) == System.Buffers.OperationStatus.Done && set.Set.Contains(rune.Value)
                    ? 1UL << (at + length)
                    : 0;
            case SequenceNode sequence:
                return sequence.Parts.Aggregate(1UL << at, Then);
            case ChoiceNode choice:
                return choice.Options.Aggregate(0UL, (ends, option) => ends | _ends[_ids[option], at]);
            case RuleNode rule:
                return _ends[_ids[rule.Body!], at];
            default:
                var repeat = (RepeatNode)node;
                return Counts(repeat).Aggregate(0UL, (ends, count) => ends | Parts(repeat, count).Aggregate(1UL << at, Then));
        }
    }

    private ulong Then(ulong starts, Node node)
    {
        ulong ends = 0;
        for (var i = 0; i <= _text.Length; i++)
        {
            if ((starts >> i & 1) != 0)
                ends |= _ends[_ids[node], i];
        }

        return ends;
    }

    private IEnumerable<int> Counts(RepeatNode repeat)
    {
        var most = Math.Min(repeat.Max ?? int.MaxValue, repeat.Min + _text.Length + 2);
        return Enumerable.Range(repeat.Min, most - repeat.Min + 1);
    }

    private static List<Node> Parts(RepeatNode repeat, int count)
    {
        var parts = new List<Node>();
        for (var i = 0; i < count; i++)
        {
            if (i > 0 && repeat.Separator is { } separator)
                parts.Add(separator);
            parts.Add(repeat.Body);
        }

        return parts;
    }

    // Whether the node may make a text that begins with all that is left.
    private bool Begins(Node node, int at) => node switch
    {
        BytesNode bytes => bytes.Bytes.AsSpan().StartsWith(_text.AsSpan(at)),
        CharNode set => at == _text.Length || AnyBegins(set, _text.AsSpan(at)),
        SequenceNode sequence => SequenceBegins(sequence.Parts, at),
        ChoiceNode choice => choice.Options.Any(option => _begins[_ids[option], at]),
        RuleNode rule => _begins[_ids[rule.Body!], at],
        _ => Counts((RepeatNode)node).Any(count => SequenceBegins(Parts((RepeatNode)node, count), at)),
    };

    private bool SequenceBegins(IReadOnlyList<Node> parts, int at)
    {
        if (!parts.All(Productive))
            return false;
        var reached = 1UL << at;
        foreach (var part in parts)
        {
            for (var i = 0; i <= _text.Length; i++)
            {
                if ((reached >> i & 1) != 0 && _begins[_ids[part], i])
                    return true;
            }

            reached = Then(reached, part);
        }

        return (reached >> _text.Length & 1) != 0;
    }

    private static bool AnyBegins(CharNode set, ReadOnlySpan<byte> left)
    {
        Span<byte> encoded = stackalloc byte[4];
        foreach (var (low, high) in set.Set.Ranges)
        {
            for (var code = low; code <= high; code++)
            {
                var length = new Rune(code).EncodeToUtf8(encoded);
                if (left.Length <= length && encoded[..length].StartsWith(left))
                    return true;
            }
        }

        return false;
    }
}

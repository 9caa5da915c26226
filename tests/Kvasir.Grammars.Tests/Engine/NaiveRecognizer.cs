using System.Text;
using Kvasir.Grammars.Syntax;

namespace Kvasir.Grammars.Tests.Engine;

/// <summary>
/// Whether a text is a sentence, or the beginning of one, by least fixpoints over spans: nothing shared with the engine but the syntax tree.
/// </summary>
internal sealed class NaiveRecognizer(Node root)
{
    private readonly Dictionary<(Node, int), ulong> _ends = [];
    private readonly HashSet<(Node, int)> _begins = [];
    private readonly HashSet<Node> _productive = [];
    private byte[] _text = [];
    private bool _changed;

    /// <summary>Whether the text is a sentence, and whether it is the beginning of one (itself included).</summary>
    public (bool Sentence, bool Prefix) Read(byte[] text)
    {
        _text = text;
        _ends.Clear();
        _begins.Clear();
        do
        {
            _changed = false;
            Productive(root, []);
            Ends(root, 0, []);
        }
        while (_changed);
        do
        {
            _changed = false;
            for (var i = 0; i <= text.Length; i++)
                Begins(root, i, []);
        }
        while (_changed);
        return ((Ends(root, 0, []) >> text.Length & 1) != 0, _begins.Contains((root, 0)));
    }

    private bool Productive(Node node, HashSet<Node> open)
    {
        if (_productive.Contains(node) || !open.Add(node))
            return _productive.Contains(node);
        var result = node switch
        {
            SequenceNode sequence => sequence.Parts.All(part => Productive(part, open)),
            ChoiceNode choice => choice.Options.Any(option => Productive(option, open)),
            RepeatNode repeat => repeat.Min == 0 || (Productive(repeat.Body, open) && (repeat.Min == 1 || repeat.Separator is null || Productive(repeat.Separator, open))),
            RuleNode rule => Productive(rule.Body!, open),
            CharNode set => !set.Set.IsEmpty,
            _ => true,
        };
        open.Remove(node);
        if (result)
            _changed |= _productive.Add(node);
        return result;
    }

    // The positions (as bits) where a node that starts at a position may end.
    private ulong Ends(Node node, int at, HashSet<(Node, int)> open)
    {
        var known = _ends.GetValueOrDefault((node, at));
        if (!open.Add((node, at)))
            return known;
        ulong ends = 0;
        switch (node)
        {
            case BytesNode bytes:
                if (_text.AsSpan(at).StartsWith(bytes.Bytes))
                    ends = 1UL << (at + bytes.Bytes.Length);
                break;
            case CharNode set:
                if (Rune.DecodeFromUtf8(_text.AsSpan(at), out var rune, out var length) == System.Buffers.OperationStatus.Done && set.Set.Contains(rune.Value))
                    ends = 1UL << (at + length);
                break;
            case SequenceNode sequence:
                ends = 1UL << at;
                foreach (var part in sequence.Parts)
                    ends = Then(ends, part, open);
                break;
            case ChoiceNode choice:
                foreach (var option in choice.Options)
                    ends |= Ends(option, at, open);
                break;
            case RuleNode rule:
                ends = Ends(rule.Body!, at, open);
                break;
            case RepeatNode repeat:
                foreach (var (_, reached) in Rounds(repeat, at, open))
                    ends |= reached;
                break;
        }

        open.Remove((node, at));
        if ((ends | known) != known)
        {
            _changed = true;
            _ends[(node, at)] = ends | known;
        }

        return ends | known;
    }

    private ulong Then(ulong starts, Node node, HashSet<(Node, int)> open)
    {
        ulong ends = 0;
        for (var i = 0; i <= _text.Length; i++)
        {
            if ((starts >> i & 1) != 0)
                ends |= Ends(node, i, open);
        }

        return ends;
    }

    // After each number of repetitions that matters: where they may end.
    private IEnumerable<(int Count, ulong Reached)> Rounds(RepeatNode repeat, int at, HashSet<(Node, int)> open)
    {
        var reached = 1UL << at;
        for (var count = 0; count <= (repeat.Max ?? (repeat.Min + _text.Length + 2)) && reached != 0; count++)
        {
            if (count > 0)
            {
                if (count > 1 && repeat.Separator is { } separator)
                    reached = Then(reached, separator, open);
                reached = Then(reached, repeat.Body, open);
            }

            if (count >= repeat.Min)
                yield return (count, reached);
        }
    }

    // Whether the node may make a text that begins with all that is left.
    private bool Begins(Node node, int at, HashSet<(Node, int)> open)
    {
        if (_begins.Contains((node, at)) || !open.Add((node, at)))
            return _begins.Contains((node, at));
        var left = _text.AsSpan(at);
        var result = false;
        switch (node)
        {
            case BytesNode bytes:
                result = bytes.Bytes.AsSpan().StartsWith(left);
                break;
            case CharNode set:
                result = left.IsEmpty ? !set.Set.IsEmpty : AnyBegins(set, left);
                break;
            case SequenceNode sequence:
                result = SequenceBegins(sequence.Parts, at, open);
                break;
            case ChoiceNode choice:
                foreach (var option in choice.Options)
                    result |= Begins(option, at, open);
                break;
            case RuleNode rule:
                result = Begins(rule.Body!, at, open);
                break;
            case RepeatNode repeat:
                var most = Math.Min(repeat.Max ?? int.MaxValue, repeat.Min + _text.Length + 2);
                for (var count = repeat.Min; count <= most && !result; count++)
                {
                    var parts = new List<Node>();
                    for (var i = 0; i < count; i++)
                    {
                        if (i > 0 && repeat.Separator is { } separator)
                            parts.Add(separator);
                        parts.Add(repeat.Body);
                    }

                    result = SequenceBegins([.. parts], at, open);
                }

                break;
        }

        open.Remove((node, at));
        if (result)
            _changed |= _begins.Add((node, at));
        return result;
    }

    private bool SequenceBegins(Node[] parts, int at, HashSet<(Node, int)> open)
    {
        if (!parts.All(_productive.Contains))
            return false;
        var reached = 1UL << at;
        var result = false;
        foreach (var part in parts)
        {
            for (var i = 0; i <= _text.Length; i++)
            {
                if ((reached >> i & 1) != 0)
                    result |= Begins(part, i, open);
            }

            reached = Then(reached, part, []);
        }

        return result || (reached >> _text.Length & 1) != 0;
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

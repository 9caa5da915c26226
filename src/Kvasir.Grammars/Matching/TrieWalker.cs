using Kvasir.Grammars.Vocabulary;

namespace Kvasir.Grammars.Matching;

/// <summary>Walks the token trie with sets. One thread's.</summary>
internal sealed class TrieWalker
{
    private EarleySet?[] _stack = new EarleySet?[64];
    private uint[] _mask = [];
    private readonly List<int>[] _beyond = new List<int>[256];

    [ThreadStatic]
    private static TrieWalker? _walker;

    /// <summary>This thread's walker.</summary>
    public static TrieWalker Shared => _walker ??= new TrieWalker();

    /// <summary>A cleared mask to work in.</summary>
    public Span<uint> Rent(int words)
    {
        if (_mask.Length < words)
            _mask = new uint[words];
        var mask = _mask.AsSpan(0, words);
        mask.Clear();
        return mask;
    }

    /// <summary>Adds all tokens that may follow the set, and notes the nodes beyond the end of what is known.</summary>
    public void WalkAll(SetStore store, TokenTrie trie, EarleySet set, Span<uint> mask)
    {
        foreach (var nodes in _beyond)
            nodes?.Clear();
        var (reach, thenNone) = PlainReach.Of(store, set);
        if (reach == int.MaxValue)
            MaskBits.Or(trie.AllPlain, mask);
        else
            MaskBits.Or(trie.PlainUpTo[Math.Min(reach, PlainText.LongestCounted)], mask);
        for (var part = 0; part < trie.Parts.Length; part++)
        {
            var isKnown = part < PlainText.Groups &&
                (thenNone || reach >= (part < PlainText.GroupEnds.Length ? PlainText.GroupEnds[part] : int.MaxValue));
            if (!isKnown)
                Walk(store, trie, set, trie.Parts[part].Start, trie.Parts[part].End, 0, mask);
        }
    }

    /// <summary>The nodes noted by <see cref="WalkAll"/>, by their byte.</summary>
    public (byte Byte, int[] Nodes)[] Beyond()
    {
        var groups = new List<(byte, int[])>();
        for (var value = 0; value < 256; value++)
        {
            if (_beyond[value] is { Count: > 0 } nodes)
                groups.Add(((byte)value, [.. nodes]));
        }

        return [.. groups];
    }

    /// <summary>Adds the tokens at and below a node, whose byte the set allows.</summary>
    public void WalkNode(SetStore store, TokenTrie trie, EarleySet set, int node, Span<uint> mask) =>
        Walk(store, trie, set, node, trie.Nodes[node].End, trie.Nodes[node].Depth - 1, mask);

    private void Walk(SetStore store, TokenTrie trie, EarleySet set, int start, int end, int depth, Span<uint> mask)
    {
        if (_stack.Length <= trie.Deepest)
            _stack = new EarleySet?[trie.Deepest + 1];
        var stack = _stack;
        var nodes = trie.Nodes;
        var classes = store.Classes;
        stack[depth] = set;
        for (var i = start; i < end;)
        {
            ref readonly var node = ref nodes[i];
            var from = stack[node.Depth - 1]!;
            var next = store.NextOf(from)[classes[node.Byte]];
            if (ReferenceEquals(next, SetStore.Dead) || (next is null && !store.IsAlive(from, node.Byte)))
            {
                i = node.End;
                continue;
            }

            if (node.Token >= 0)
            {
                mask[node.Token >> 5] |= 1u << (node.Token & 31);
                if (node.HasTwins)
                    AddTwins(trie, node.Token, mask);
            }

            i++;
            if (i == node.End)
                continue;
            next ??= store.Next(from, node.Byte);
            stack[node.Depth] = next;
            if (next.Pops)
                NoteChildren(nodes, i, node.End);
            if (!next.GoesOn)
                i = node.End;
        }
    }

    private static void AddTwins(TokenTrie trie, int token, Span<uint> mask)
    {
        for (token = trie.NextSame[token]; token >= 0; token = trie.NextSame[token])
            mask[token >> 5] |= 1u << (token & 31);
    }

    private void NoteChildren(TrieNode[] nodes, int child, int end)
    {
        for (; child < end; child = nodes[child].End)
            (_beyond[nodes[child].Byte] ??= []).Add(child);
    }
}

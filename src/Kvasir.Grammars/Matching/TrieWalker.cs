using Kvasir.Grammars.Vocabulary;

namespace Kvasir.Grammars.Matching;

/// <summary>Walks the token trie with sets. One thread's.</summary>
internal sealed class TrieWalker
{
    private EarleySet?[] _stack = new EarleySet?[64];
    private uint[] _mask = [];
    private readonly List<int>[] _beyond = new List<int>[256];

    [ThreadStatic]
    private static TrieWalker? t_walker;

    /// <summary>This thread's walker.</summary>
    public static TrieWalker Shared => t_walker ??= new TrieWalker();

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
        var plain = PlainReach.Of(store, set);
        for (var part = 0; part < trie.Parts.Length; part++)
        {
            if (part < PlainText.Groups && plain >= (part < PlainText.GroupEnds.Length ? PlainText.GroupEnds[part] : int.MaxValue))
                MaskBits.Or(trie.GroupMasks[part], mask);
            else
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
        stack[depth] = set;
        for (var i = start; i < end;)
        {
            ref readonly var node = ref nodes[i];
            var from = stack[node.Depth - 1]!;
            if (!from.Allows(node.Byte))
            {
                i = node.End;
                continue;
            }

            for (var token = node.Token; token >= 0; token = trie.NextSame[token])
                mask[token >> 5] |= 1u << (token & 31);
            i++;
            if (i == node.End)
                continue;
            var next = store.Next(from, node.Byte);
            stack[node.Depth] = next;
            if (next.Pops)
                NoteChildren(nodes, i, node.End);
            if (!next.GoesOn)
                i = node.End;
        }
    }

    private void NoteChildren(TrieNode[] nodes, int child, int end)
    {
        for (; child < end; child = nodes[child].End)
            (_beyond[nodes[child].Byte] ??= []).Add(child);
    }
}

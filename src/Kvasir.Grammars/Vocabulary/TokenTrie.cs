namespace Kvasir.Grammars.Vocabulary;

/// <summary>
/// The tokens as tries in preorder, in one array: one trie for each group of plain tokens, and one for all others. Walking it is a loop
/// that skips a subtree by jumping to its end.
/// </summary>
internal sealed class TokenTrie
{
    private TokenTrie(TrieNode[] nodes, (int Start, int End)[] parts, uint[][] plainUpTo, uint[] allPlain, int[] nextSame)
    {
        Nodes = nodes;
        Parts = parts;
        PlainUpTo = plainUpTo;
        AllPlain = allPlain;
        NextSame = nextSame;
    }

    public TrieNode[] Nodes { get; }

    /// <summary>The nodes of each trie: the plain groups first, then the others.</summary>
    public (int Start, int End)[] Parts { get; }

    /// <summary>The plain tokens of up to so many characters, as masks.</summary>
    public uint[][] PlainUpTo { get; }

    /// <summary>All plain tokens, as a mask.</summary>
    public uint[] AllPlain { get; }

    /// <summary>For each token another one with the same bytes, or -1.</summary>
    public int[] NextSame { get; }

    /// <summary>Longest token in bytes.</summary>
    public int Deepest { get; private init; }

    public static TokenTrie Build(TokenVocabulary vocabulary)
    {
        var groups = new List<int>[PlainText.Groups + 1];
        for (var i = 0; i < groups.Length; i++)
            groups[i] = [];
        var deepest = 0;
        for (var token = 0; token < vocabulary.Size; token++)
        {
            var text = vocabulary.TextOf(token);
            deepest = Math.Max(deepest, text.Length);
            if (text.Length > ushort.MaxValue)
                throw new GrammarException($"token {token} has {text.Length} bytes; at most {ushort.MaxValue} are supported");
            if (!text.IsEmpty)
                groups[PlainText.GroupOf(text) is >= 0 and var plain ? plain : PlainText.Groups].Add(token);
        }

        var nodes = new List<TrieNode>();
        var nextSame = Enumerable.Repeat(-1, vocabulary.Size).ToArray();
        var parts = new (int, int)[groups.Length];
        var upTo = new uint[PlainText.LongestCounted + 1][];
        for (var length = 0; length < upTo.Length; length++)
            upTo[length] = new uint[vocabulary.MaskWords];
        var all = new uint[vocabulary.MaskWords];
        for (var i = 0; i < groups.Length; i++)
        {
            var start = nodes.Count;
            groups[i].Sort((a, b) => vocabulary.TextOf(a).SequenceCompareTo(vocabulary.TextOf(b)) is var order and not 0 ? order : a.CompareTo(b));
            Append(vocabulary, groups[i], nodes, nextSame);
            parts[i] = (start, nodes.Count);
            foreach (var token in groups[i])
            {
                if (i == PlainText.Groups)
                    break;
                all[token >> 5] |= 1u << (token & 31);
                for (var length = PlainText.LengthOf(vocabulary.TextOf(token)); length < upTo.Length; length++)
                    upTo[length][token >> 5] |= 1u << (token & 31);
            }
        }

        return new TokenTrie([.. nodes], parts, upTo, all, nextSame) { Deepest = deepest };
    }

    private static void Append(TokenVocabulary vocabulary, List<int> sorted, List<TrieNode> nodes, int[] nextSame)
    {
        var open = new List<int>();
        var previous = -1;
        foreach (var token in sorted)
        {
            var text = vocabulary.TextOf(token);
            var shared = previous < 0 ? 0 : text.CommonPrefixLength(vocabulary.TextOf(previous));
            if (previous >= 0 && shared == text.Length && shared == vocabulary.TextOf(previous).Length)
            {
                var node = nodes[open[^1]];
                nextSame[token] = node.Token;
                nodes[open[^1]] = node with { Token = token, HasTwins = true };
                previous = token;
                continue;
            }

            Close(open, shared, nodes);
            for (var depth = shared; depth < text.Length; depth++)
            {
                open.Add(nodes.Count);
                nodes.Add(new TrieNode(0, depth == text.Length - 1 ? token : -1, (ushort)(depth + 1), text[depth], false));
            }

            previous = token;
        }

        Close(open, 0, nodes);
    }

    private static void Close(List<int> open, int depth, List<TrieNode> nodes)
    {
        while (open.Count > depth)
        {
            nodes[open[^1]] = nodes[open[^1]] with { End = nodes.Count };
            open.RemoveAt(open.Count - 1);
        }
    }
}

using System.Text;

namespace Kvasir.Models;

/// <summary>A byte-level BPE tokenizer as the model's files define it. Immutable; safe for concurrent use.</summary>
public sealed class Tokenizer
{
    private readonly byte[][] _bytes;
    private readonly Dictionary<string, int> _added = [];
    private readonly Dictionary<int, AddedTokenStrip> _strips;
    private readonly AddedTokenTrie _allAdded;
    private readonly AddedTokenTrie _userDefined;
    private readonly BytePairMerger _merger;

    internal Tokenizer(Vocabulary vocabulary, Dictionary<int, AddedTokenStrip>? strips = null)
    {
        Vocabulary = vocabulary;
        _strips = strips ?? [];
        _bytes = new byte[vocabulary.Pieces.Length][];
        for (int id = 0; id < _bytes.Length; id++)
        {
            _bytes[id] = vocabulary.BytesOf(id);
            LongestToken = Math.Max(LongestToken, _bytes[id].Length);
            if (vocabulary.IsAdded(id) && vocabulary.Pieces[id] is { Length: > 0 } text)
                _added.TryAdd(text, id);
        }

        _allAdded = new AddedTokenTrie(_added.Select(a => (a.Key, a.Value)));
        _userDefined = new AddedTokenTrie(_added.Where(a => !IsSpecial(a.Value)).Select(a => (a.Key, a.Value)));
        _merger = new BytePairMerger(vocabulary);
    }

    /// <summary>Ids are below this. The model's own vocabulary may be padded to a larger size.</summary>
    public int VocabSize => _bytes.Length;

    /// <summary>Begins a text; null when the model has none.</summary>
    public int? BosId => Vocabulary.BosId;

    /// <summary>Ends a text; null when the model has none.</summary>
    public int? EosId => Vocabulary.EosId;

    /// <summary>Whether the files ask for <see cref="BosId"/> before plain text. <see cref="Encode(string, bool)"/> does not add it.</summary>
    public bool AddsBos => Vocabulary.AddsBos;

    /// <summary>Bytes of the longest token.</summary>
    public int LongestToken { get; }

    internal Vocabulary Vocabulary { get; }

    /// <summary>Texts of the special tokens.</summary>
    internal IEnumerable<string> SpecialTexts => _added.Where(a => IsSpecial(a.Value)).Select(a => a.Key);

    /// <summary>Text to tokens. No bos token is added. Unpaired surrogates are encoded as U+FFFD.</summary>
    /// <param name="parseSpecial">Whether special tokens written in the text become those tokens; false for text from outside.</param>
    /// <exception cref="ModelFormatException">The file's split pattern takes too long on this text.</exception>
    public int[] Encode(string text, bool parseSpecial = true) => Encode(text, parseSpecial, null);

    /// <summary>Tokens to text. Bytes that are not valid UTF-8 become U+FFFD; ids that the tokenizer does not have are empty.</summary>
    public string Decode(ReadOnlySpan<int> tokens, bool skipSpecial = false)
    {
        var bytes = new List<byte>(tokens.Length * 4);
        foreach (int token in tokens)
        {
            if (!skipSpecial || !IsSpecial(token))
                bytes.AddRange(TokenBytes(token));
        }

        return Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes));
    }

    /// <summary>The bytes that a token stands for; often no whole characters.</summary>
    public ReadOnlySpan<byte> TokenBytes(int token) => (uint)token < (uint)_bytes.Length ? _bytes[token] : [];

    /// <summary>Whether the token belongs to the protocol (begin, end, roles) and not to the text.</summary>
    public bool IsSpecial(int token) => (uint)token < (uint)_bytes.Length && Vocabulary.Kinds[token] == TokenKind.Control;

    /// <summary>The id of an added token such as <c>&lt;|end|&gt;</c>, or null.</summary>
    public int? Find(string special) => _added.TryGetValue(special, out int id) ? id : null;

    /// <summary>A decoder for streaming: it gives characters as soon as they are complete.</summary>
    public IncrementalDecoder CreateDecoder(bool skipSpecial = true) => new(this, skipSpecial);

    internal string? SpecialText(int? id) => id is { } i && i >= 0 && i < _bytes.Length ? Vocabulary.Pieces[i] : null;

    /// <param name="breaker">
    /// A character that stands where special tokens must not be seen (<see cref="ChatPrompt"/>); it is removed before merging.
    /// </param>
    internal int[] Encode(string text, bool parseSpecial, char? breaker)
    {
        var trie = parseSpecial ? _allAdded : _userDefined;
        var output = new List<int>((text.Length / 3) + 8);
        int done = 0;
        while (trie.TryFind(text, done, out int at, out int length, out int id))
        {
            var strip = _strips.GetValueOrDefault(id);
            var before = text.AsSpan(done, at - done);
            EncodePlain(strip.HasFlag(AddedTokenStrip.Left) ? before.TrimEnd() : before, breaker, output);
            output.Add(id);
            done = at + length;
            while (strip.HasFlag(AddedTokenStrip.Right) && done < text.Length && char.IsWhiteSpace(text[done]))
                done++;
        }

        EncodePlain(text.AsSpan(done), breaker, output);
        return [.. output];
    }

    private void EncodePlain(ReadOnlySpan<char> text, char? breaker, List<int> output)
    {
        if (breaker is { } b && text.Contains(b))
            text = text.ToString().Replace(b.ToString(), "", StringComparison.Ordinal);
        Vocabulary.Split.Encode(text, _merger, output);
    }
}

using System.Text;

namespace Kvasir.Models;

/// <summary>A tokenizer as the model's files define it: added tokens, normalizer, words, pieces. Immutable; safe for concurrent use.</summary>
public sealed class Tokenizer
{
    private readonly TokenizerParts _parts;
    private readonly byte[]?[] _bytes;
    private readonly Dictionary<string, int> _added = [];
    private readonly AddedTokenFinder _rawTokens;
    private readonly AddedTokenFinder _normalizedTokens;
    private readonly AddedTokenFinder _guardedTokens; // with a breaker in the text: special tokens are only seen where it stands

    internal Tokenizer(TokenizerParts parts)
    {
        _parts = parts;
        _bytes = new byte[]?[parts.Vocabulary.Pieces.Length];
        foreach (var token in parts.Added)
            _added.TryAdd(token.Text, token.Id);
        _rawTokens = new AddedTokenFinder(parts.Added.Where(t => !t.Normalized).Select(t => (t.Text, t)));
        _guardedTokens = new AddedTokenFinder(parts.Added.Where(t => !t.Normalized || t.Special).Select(t => (t.Text, t)));
        _normalizedTokens = new AddedTokenFinder(parts.Added.Where(t => t.Normalized).Select(t => (Normalize(t.Text), t)));
    }

    /// <summary>Ids are below this. The model's own vocabulary may be padded to a larger size.</summary>
    public int VocabSize => _bytes.Length;

    /// <summary>Begins a text; null when the model has none.</summary>
    public int? BosId => Vocabulary.BosId;

    /// <summary>Ends a text; null when the model has none.</summary>
    public int? EosId => Vocabulary.EosId;

    /// <summary>Whether the files ask for <see cref="BosId"/> before plain text. <see cref="Encode(string, bool)"/> does not add it.</summary>
    public bool AddsBos => Vocabulary.AddsBos;

    /// <summary>What the files ask for before plain text; <see cref="EncodeWhole"/> and <see cref="EncodePrompt"/> add it.</summary>
    public IReadOnlyList<int> Prefix => _parts.Prefix;

    /// <summary>What the files ask for behind plain text; <see cref="EncodeWhole"/> adds it.</summary>
    public IReadOnlyList<int> Suffix => _parts.Suffix;

    internal TokenizerParts Parts => _parts;

    internal Vocabulary Vocabulary => _parts.Vocabulary;

    /// <summary>Texts of the special tokens.</summary>
    internal IEnumerable<string> SpecialTexts => _added.Where(a => IsSpecial(a.Value)).Select(a => a.Key);

    /// <summary>Text to tokens. No bos token is added. Unpaired surrogates are encoded as U+FFFD.</summary>
    /// <param name="parseSpecial">Whether special tokens written in the text become those tokens; false for text from outside.</param>
    /// <exception cref="ModelFormatException">The file's split pattern takes too long on this text.</exception>
    public int[] Encode(string text, bool parseSpecial = true) => Encode(text, parseSpecial, null);

    /// <summary>As <see cref="Encode(string, bool)"/>, with the tokens that the files ask for around a text of its own.</summary>
    /// <exception cref="ModelFormatException">The file's split pattern takes too long on this text.</exception>
    public int[] EncodeWhole(string text, bool parseSpecial = true) => [.. _parts.Prefix, .. Encode(text, parseSpecial), .. _parts.Suffix];

    /// <summary>
    /// A plain text that the model is to continue: <see cref="Encode(string, bool)"/> behind <see cref="Prefix"/>, unless the text spells the prefix itself.
    /// </summary>
    /// <exception cref="ModelFormatException">The file's split pattern takes too long on this text.</exception>
    public int[] EncodePrompt(string text)
    {
        var tokens = Encode(text);
        int[] prefix = [.. _parts.Prefix];
        return tokens.AsSpan().StartsWith(prefix) ? tokens : [.. prefix, .. tokens];
    }

    /// <summary>Tokens to text. Bytes that are not valid UTF-8 become U+FFFD; ids that the tokenizer does not have are empty.</summary>
    public string Decode(ReadOnlySpan<int> tokens, bool skipSpecial = false)
    {
        if (_parts.Decoder.IsByteLevel)
        {
            var bytes = new List<byte>(tokens.Length * 4);
            foreach (int token in tokens)
            {
                if (!skipSpecial || !IsSpecial(token))
                    bytes.AddRange(TokenBytes(token));
            }

            return Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes));
        }

        var pieces = new List<string>(tokens.Length);
        foreach (int token in tokens)
        {
            if (PieceOf(token) is { } piece && (!skipSpecial || !IsSpecial(token)))
                pieces.Add(piece);
        }

        return _parts.Decoder.Text(pieces);
    }

    /// <summary>The bytes that a token adds to a text; often no whole characters.</summary>
    public ReadOnlySpan<byte> TokenBytes(int token) =>
        (uint)token < (uint)_bytes.Length ? _bytes[token] ??= BytesOf(token, first: false) : [];

    /// <summary>Whether the token belongs to the protocol (begin, end, roles) and not to the text.</summary>
    public bool IsSpecial(int token) => (uint)token < (uint)_bytes.Length && Vocabulary.Kinds[token] == TokenKind.Control;

    /// <summary>The entry as the vocabulary writes it (with stand-ins for bytes or spaces), or null.</summary>
    public string? PieceOf(int token) => (uint)token < (uint)_bytes.Length ? Vocabulary.Pieces[token] : null;

    /// <summary>The id of an added token such as <c>&lt;|end|&gt;</c>, or null.</summary>
    public int? Find(string special) => _added.TryGetValue(special, out int id) ? id : null;

    /// <summary>A decoder for streaming: it gives characters as soon as they are complete.</summary>
    public IncrementalDecoder CreateDecoder(bool skipSpecial = true) => new(this, skipSpecial);

    internal string? SpecialText(int? id) => id is { } i ? PieceOf(i) : null;

    /// <summary>The bytes that a token adds at the beginning of a text: some tokenizers leave a space out there.</summary>
    internal ReadOnlySpan<byte> FirstTokenBytes(int token) =>
        _parts.Decoder.IsByteLevel || (uint)token >= (uint)_bytes.Length ? TokenBytes(token) : BytesOf(token, first: true);

    /// <param name="breaker">
    /// A character that stands where special tokens must not be seen (<see cref="ChatPrompt"/>); it is removed before merging.
    /// </param>
    internal int[] Encode(string text, bool parseSpecial, char? breaker)
    {
        text = WellFormed.Text(text);
        var output = new List<int>((text.Length / 3) + 8);
        int from = 0;
        int done = 0;
        var finder = breaker is null ? _rawTokens : _guardedTokens;
        while (finder.Next(text, parseSpecial, ref from, done, out int start, out int end) is { } token)
        {
            if (start > done)
                EncodeRaw(text.AsSpan(done, start - done), done == 0, parseSpecial, breaker, output);
            output.Add(token.Id);
            done = end;
        }

        if (done < text.Length)
            EncodeRaw(text.AsSpan(done), done == 0, parseSpecial, breaker, output);
        return [.. output];
    }

    private byte[] BytesOf(int token, bool first) =>
        Vocabulary.Pieces[token] is { } piece ? _parts.Decoder.Bytes(piece, Vocabulary.IsAdded(token), first) : [];

    private string Normalize(string text) =>
        text.Length > 0 && _parts.Normalizer is { } normalizer && normalizer.MayChange(text) ? normalizer.Apply(text) : text;

    private void EncodeRaw(ReadOnlySpan<char> text, bool first, bool parseSpecial, char? breaker, List<int> output)
    {
        if (breaker is { } b)
        {
            parseSpecial = false;
            if (text.Contains(b))
                text = text.ToString().Replace(b.ToString(), "", StringComparison.Ordinal);
        }

        if (text.IsEmpty)
            return;
        if (_parts.Normalizer is { } normalizer && normalizer.MayChange(text))
            text = normalizer.Apply(text.ToString());
        if (_normalizedTokens.IsEmpty)
        {
            if (!text.IsEmpty)
                _parts.Words.Run(text, first, output);
            return;
        }

        int from = 0;
        int done = 0;
        while (_normalizedTokens.Next(text, parseSpecial, ref from, done, out int start, out int end) is { } token)
        {
            if (start > done)
                _parts.Words.Run(text[done..start], first && done == 0, output);
            output.Add(token.Id);
            done = end;
        }

        if (done < text.Length)
            _parts.Words.Run(text[done..], first && done == 0, output);
    }
}

using System.Text;

namespace Kvasir.Models;

/// <summary>
/// Byte-pair encoding of a word's characters, with their bytes for those that the vocabulary lacks (SentencePiece's BPE, and the older
/// kind with a mark at the end of words).
/// </summary>
/// <remarks>
/// Such tokenizers often take a whole text as one word. It is cut where no entry has the two neighbours side by side: no merge can ever
/// reach across, so the result is the same, and the pieces between come from a cache.
/// </remarks>
internal sealed class CharacterBpe : PieceModel
{
    private const int StackChars = 128;

    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _idsBySpan;
    private readonly BytePairRules _rules;
    private readonly PairMerges _merges;
    private readonly int[]? _byteIds;
    private readonly NeighbourSet? _neighbours;
    private readonly bool _fuses;
    private readonly int _firstPseudo;
    private readonly string[] _pseudo;
    private readonly WordCache _cache = new();

    /// <param name="vocabulary">The entries.</param>
    /// <param name="rules">The merges by rank.</param>
    public CharacterBpe(Vocabulary vocabulary, BytePairRules rules)
        : this(vocabulary, vocabulary.TextIds(), rules, null, [])
    {
    }

    /// <param name="vocabulary">The entries.</param>
    /// <param name="ids">Those that text can become, and symbols that are none.</param>
    /// <param name="rules">How unknown characters are treated; its merges are not used when there is a table.</param>
    /// <param name="table">The merges, or null.</param>
    /// <param name="pseudo">Characters that entries begin from but that are none themselves, with ids behind the vocabulary's.</param>
    public CharacterBpe(Vocabulary vocabulary, Dictionary<string, int> ids, BytePairRules rules, PairMerges? table, string[] pseudo)
    {
        _ids = ids;
        _idsBySpan = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        _rules = rules;
        (_pseudo, _firstPseudo) = (pseudo, vocabulary.Pieces.Length);
        _merges = table ?? rules.Table(ids);
        if (rules.ByteFallback)
            _byteIds = vocabulary.ByteIds();
        _fuses = rules is { UnknownId: not null, FuseUnknown: true } && !(_byteIds is { } bytes && Array.TrueForAll(bytes, id => id >= 0));
        bool mergesBytes = rules.ByteFallback && rules.Merges.Any(m => m.Left.StartsWith("<0x", StringComparison.Ordinal) || m.Right.StartsWith("<0x", StringComparison.Ordinal));
        if (rules.ContinuingPrefix.Length == 0 && rules.EndSuffix.Length == 0 && !mergesBytes)
            _neighbours = new NeighbourSet(ids.Keys);
    }

    public override void Encode(ReadOnlySpan<char> word, List<int> output)
    {
        if (_rules.IgnoreMerges && _idsBySpan.TryGetValue(word, out int whole))
        {
            output.Add(whole);
            return;
        }

        if (_neighbours is null)
        {
            EncodePart(word, output);
            return;
        }

        int start = 0;
        for (int i = 1; i < word.Length; i++)
        {
            if (!_neighbours.Contains(word[i - 1], word[i]) && !char.IsLowSurrogate(word[i]) && !(_fuses && IsUnknown(word, i)))
            {
                EncodePart(word[start..i], output);
                start = i;
            }
        }

        EncodePart(word[start..], output);
    }

    // Unknown characters on both sides of a border become one token.
    private bool IsUnknown(ReadOnlySpan<char> word, int border)
    {
        int before = char.IsLowSurrogate(word[border - 1]) ? 2 : 1;
        int after = char.IsHighSurrogate(word[border]) ? 2 : 1;
        return !IsEntry(word.Slice(border - before, before)) && !IsEntry(word.Slice(border, after));
    }

    private bool IsEntry(ReadOnlySpan<char> character) => _idsBySpan.TryGetValue(character, out int id) && id < _firstPseudo;

    private void EncodePart(ReadOnlySpan<char> part, List<int> output)
    {
        if (_cache.TryAppend(part, output, out uint place))
            return;
        int start = output.Count;
        Merge(part, output);
        _cache.Add(part, place, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(output)[start..]);
    }

    private void Merge(ReadOnlySpan<char> word, List<int> output)
    {
        int most = _byteIds is null ? word.Length : word.Length * 3; // UTF-8 has at most three bytes a UTF-16 unit
        Span<int> symbols = most <= StackChars ? stackalloc int[StackChars] : new int[most];
        int count = 0;
        bool afterUnknown = false;
        for (int at = 0; at < word.Length;)
        {
            int length = char.IsHighSurrogate(word[at]) && at + 1 < word.Length ? 2 : 1;
            bool last = at + length == word.Length;
            if (TryFind(word.Slice(at, length), at == 0, last, out int id))
            {
                symbols[count++] = id;
                afterUnknown = false;
            }
            else if (_byteIds is not null && TryAddBytes(word.Slice(at, length), symbols, ref count))
            {
                afterUnknown = false;
            }
            else if (_rules.UnknownId is { } unknown && !(afterUnknown && _rules.FuseUnknown))
            {
                symbols[count++] = unknown;
                afterUnknown = true;
            }

            at += length;
        }

        count = _merges.Merge(symbols[..count]);
        int before = -1;
        foreach (int symbol in symbols[..count])
        {
            if (symbol < _firstPseudo)
                AddKnown(symbol, before, output);
            else
                AddUnknown(_pseudo[symbol - _firstPseudo], before, output);
            before = output.Count > 0 ? output[^1] : -1;
        }
    }

    // Unknown characters in a row are one token, also when some of them were parts of entries that did not come about.
    private void AddKnown(int symbol, int before, List<int> output)
    {
        if (!(_rules.FuseUnknown && symbol == before && symbol == _rules.UnknownId))
            output.Add(symbol);
    }

    private bool TryFind(ReadOnlySpan<char> character, bool first, bool last, out int id) =>
        (first || _rules.ContinuingPrefix.Length == 0) && (!last || _rules.EndSuffix.Length == 0)
            ? _idsBySpan.TryGetValue(character, out id)
            : _ids.TryGetValue(Affixed(character, first, last), out id);

    private string Affixed(ReadOnlySpan<char> character, bool first, bool last) =>
        string.Concat(first ? "" : _rules.ContinuingPrefix, character, last ? _rules.EndSuffix : "");

    private bool TryAddBytes(ReadOnlySpan<char> character, Span<int> symbols, ref int count)
    {
        Span<byte> bytes = stackalloc byte[4];
        int size = Encoding.UTF8.GetBytes(character, bytes);
        for (int i = 0; i < size; i++)
        {
            if (_byteIds![bytes[i]] < 0)
                return false;
        }

        for (int i = 0; i < size; i++)
            symbols[count++] = _byteIds![bytes[i]];
        return true;
    }

    private void AddUnknown(string character, int before, List<int> output)
    {
        Span<int> symbols = stackalloc int[4];
        int count = 0;
        if (_byteIds is not null && TryAddBytes(character, symbols, ref count))
            output.AddRange(symbols[..count]);
        else if (_rules.UnknownId is { } unknown)
            AddKnown(unknown, before, output);
    }
}

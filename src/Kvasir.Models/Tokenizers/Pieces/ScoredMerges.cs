namespace Kvasir.Models;

/// <summary>
/// SentencePiece's BPE as files without merges hold it: of two neighbours that together are an entry, those of highest score are merged
/// first, leftmost first. Every way to put an entry together from two others is written down once, with its score's rank.
/// </summary>
internal static class ScoredMerges
{
    private const int MaxPieceChars = 512; // longer entries are not put together; the work grows with the square

    /// <summary>A model that merges by scores.</summary>
    /// <param name="vocabulary">The entries.</param>
    /// <param name="scores">By id.</param>
    /// <param name="rules">How unknown characters are treated; it has no merges.</param>
    public static CharacterBpe Model(Vocabulary vocabulary, IReadOnlyList<float> scores, BytePairRules rules)
    {
        var ids = vocabulary.TextIds();
        int size = vocabulary.Pieces.Length;
        var pieces = ids.Where(i => vocabulary.Kinds[i.Value] is TokenKind.Normal or TokenKind.UserDefined).ToArray();
        Array.Sort(pieces, (a, b) => scores[b.Value].CompareTo(scores[a.Value]) is not 0 and var order ? order : a.Value.CompareTo(b.Value));
        var pseudo = new List<string>();
        var symbols = new Dictionary<string, int>(ids);
        var lookup = symbols.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var (piece, _) in pieces)
        {
            // Characters that are no entries are symbols all the same while words are put together.
            foreach (var rune in piece.EnumerateRunes())
            {
                string character = rune.ToString();
                if (symbols.TryAdd(character, size + pseudo.Count))
                    pseudo.Add(character);
            }
        }

        var merges = new Dictionary<(int Left, int Right), (int Rank, int Merged)>();
        int rank = -1;
        float last = float.NaN;
        foreach (var (piece, id) in pieces)
        {
            if (scores[id] != last)
                (rank, last) = (rank + 1, scores[id]);
            for (int cut = 1; cut < piece.Length && piece.Length <= MaxPieceChars; cut++)
            {
                if (!char.IsLowSurrogate(piece[cut]) && lookup.TryGetValue(piece.AsSpan(0, cut), out int left) && lookup.TryGetValue(piece.AsSpan(cut), out int right))
                    merges.TryAdd((left, right), (rank, id));
            }
        }

        var table = new PairTable(merges.Count);
        foreach (var ((left, right), (order, merged)) in merges)
            table.Set(left, right, order, merged);
        return new CharacterBpe(vocabulary, symbols, rules, new PairMerges(table), [.. pseudo]);
    }
}

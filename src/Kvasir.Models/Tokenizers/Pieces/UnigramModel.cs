using System.Buffers;
using System.Text;

namespace Kvasir.Models;

/// <summary>
/// The segmentation of highest probability (Kudo 2018), found by the Viterbi algorithm from left to right: O(n) for entries of bounded
/// length. A character that no entry covers costs 10 more than the least probable entry.
/// </summary>
internal sealed class UnigramModel : PieceModel
{
    private const double UnknownPenalty = 10;

    private readonly PieceTrie _trie;
    private readonly double[] _scores;
    private readonly double _unknownScore;
    private readonly int _unknown;
    private readonly int[]? _byteIds;
    private readonly WordCache _cache = new();

    /// <param name="vocabulary">The entries; special ones are never found in text.</param>
    /// <param name="scores">Logarithms of probabilities by id.</param>
    /// <param name="unknown">Stands for what no entry covers.</param>
    /// <param name="byteFallback">Whether bytes stand for it instead.</param>
    public UnigramModel(Vocabulary vocabulary, double[] scores, int unknown, bool byteFallback)
    {
        var ids = vocabulary.TextIds();
        _trie = new PieceTrie(ids.Where(i => i.Value != unknown && vocabulary.Kinds[i.Value] != TokenKind.Byte).Select(i => (i.Key, i.Value)));
        _scores = scores;
        double least = double.PositiveInfinity;
        foreach (double score in scores)
            least = Math.Min(least, score);
        _unknownScore = (double.IsFinite(least) ? least : 0) - UnknownPenalty;
        _unknown = unknown;
        if (byteFallback)
            _byteIds = vocabulary.ByteIds();
    }

    public override void Encode(ReadOnlySpan<char> word, List<int> output)
    {
        if (_cache.TryAppend(word, output, out uint place))
            return;
        int start = output.Count;
        double[] scores = ArrayPool<double>.Shared.Rent(word.Length + 1);
        int[] from = ArrayPool<int>.Shared.Rent(word.Length + 1);
        int[] ids = ArrayPool<int>.Shared.Rent(word.Length + 1);
        try
        {
            Search(word, scores, from, ids);
            Collect(word, from, ids, output);
        }
        finally
        {
            ArrayPool<double>.Shared.Return(scores);
            ArrayPool<int>.Shared.Return(from);
            ArrayPool<int>.Shared.Return(ids);
        }

        _cache.Add(word, place, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(output)[start..]);
    }

    private void Search(ReadOnlySpan<char> word, double[] scores, int[] from, int[] ids)
    {
        from.AsSpan(0, word.Length + 1).Fill(-1);
        scores[0] = 0;
        for (int at = 0; at < word.Length;)
        {
            int length = char.IsHighSurrogate(word[at]) && at + 1 < word.Length ? 2 : 1;
            bool covered = false;
            int node = 0;
            for (int end = at; end < word.Length;)
            {
                node = _trie.Next(node, word[end++]);
                if (node == 0)
                    break;
                int id = _trie.ValueAt(node);
                if (id < 0)
                    continue;
                Offer(at, end, scores[at] + _scores[id], id);
                covered |= end - at == length;
            }

            if (!covered)
                Offer(at, at + length, scores[at] + _unknownScore, _unknown);
            at += length;
        }

        void Offer(int start, int end, double score, int id)
        {
            if (from[end] >= 0 && score <= scores[end])
                return;
            scores[end] = score;
            from[end] = start;
            ids[end] = id;
        }
    }

    // Backwards along the best path; unknown characters in a row are one piece.
    private void Collect(ReadOnlySpan<char> word, int[] from, int[] ids, List<int> output)
    {
        int start = output.Count;
        for (int end = word.Length; end > 0;)
        {
            int at = from[end];
            if (ids[end] != _unknown)
            {
                output.Add(ids[end]);
                end = at;
                continue;
            }

            while (at > 0 && ids[at] == _unknown)
                at = from[at];
            AddBackwards(word[at..end], output);
            end = at;
        }

        output.Reverse(start, output.Count - start);
    }

    private void AddBackwards(ReadOnlySpan<char> unknown, List<int> output)
    {
        var bytes = _byteIds is null ? [] : Encoding.UTF8.GetBytes(unknown.ToString());
        if (_byteIds is null || Array.Exists(bytes, b => _byteIds[b] < 0))
        {
            output.Add(_unknown);
            return;
        }

        for (int i = bytes.Length - 1; i >= 0; i--)
            output.Add(_byteIds[bytes[i]]);
    }
}

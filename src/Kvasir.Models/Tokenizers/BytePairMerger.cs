using System.Collections.Concurrent;
using System.Text;

namespace Kvasir.Models;

/// <summary>
/// Byte-pair encoding of one word (Sennrich et al. 2016): always the adjacent pair of lowest rank, leftmost first. A linked
/// list and a heap keep a word of n bytes at O(n log n); short words come from a bounded cache. Safe for concurrent use.
/// </summary>
internal sealed class BytePairMerger
{
    private const int MaxCachedChars = 48;
    private const int MaxCachedWords = 1 << 16;
    private const int ScanLength = 32; // below this a plain scan for the lowest rank beats the heap

    private readonly Dictionary<ulong, (int Rank, int Merged)> _merges;
    private readonly int[] _byteTokens = new int[256];
    private readonly Dictionary<string, int>? _wholeWords;
    private readonly ConcurrentDictionary<string, int[]> _cache = new();
    private readonly ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> _cacheBySpan;
    private int _cached;

    public BytePairMerger(Vocabulary vocabulary)
    {
        var ids = new Dictionary<string, int>(vocabulary.Pieces.Length);
        for (int id = 0; id < vocabulary.Pieces.Length; id++)
        {
            if (vocabulary.Pieces[id] is { } piece && !vocabulary.IsAdded(id))
                ids.TryAdd(piece, id);
        }

        for (int b = 0; b < 256; b++)
            _byteTokens[b] = ids.GetValueOrDefault(ByteAlphabet.ToChar((byte)b).ToString(), -1);

        // A merge whose parts or result are not in the vocabulary can never be applied; such entries are passed over.
        _merges = new Dictionary<ulong, (int, int)>(vocabulary.Merges.Count);
        for (int rank = 0; rank < vocabulary.Merges.Count; rank++)
        {
            var (left, right) = vocabulary.Merges[rank];
            if (ids.TryGetValue(left, out int l) && ids.TryGetValue(right, out int r) && ids.TryGetValue(left + right, out int merged))
                _merges.TryAdd(Pair(l, r), (rank, merged));
        }

        _wholeWords = vocabulary.IgnoreMerges ? ids : null;
        _cacheBySpan = _cache.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Appends the tokens of a word. Bytes that the vocabulary has no token for are dropped, as the reference does.</summary>
    public void Encode(ReadOnlySpan<char> word, List<int> output)
    {
        if (word.Length > MaxCachedChars)
        {
            output.AddRange(Merge(word));
            return;
        }

        if (!_cacheBySpan.TryGetValue(word, out var tokens))
        {
            tokens = Merge(word);
            if (Interlocked.Increment(ref _cached) > MaxCachedWords)
            {
                _cache.Clear();
                _cached = 0;
            }

            _cacheBySpan.TryAdd(word, tokens);
        }

        output.AddRange(tokens);
    }

    private static ulong Pair(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private int[] Merge(ReadOnlySpan<char> word)
    {
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(word.Length)];
        bytes = bytes[..Encoding.UTF8.GetBytes(word, bytes)];
        if (_wholeWords is not null && _wholeWords.TryGetValue(string.Concat(bytes.Select(ByteAlphabet.ToChar)), out int whole))
            return [whole];

        var tokens = new int[bytes.Length];
        int count = 0;
        foreach (byte b in bytes)
        {
            if (_byteTokens[b] >= 0)
                tokens[count++] = _byteTokens[b];
        }

        return count <= ScanLength ? MergeByScan(tokens, count) : MergeByHeap(tokens, count);
    }

    private int[] MergeByScan(int[] tokens, int count)
    {
        while (count > 1)
        {
            int best = -1;
            var lowest = (Rank: int.MaxValue, Merged: 0);
            for (int i = 0; i + 1 < count; i++)
            {
                if (_merges.TryGetValue(Pair(tokens[i], tokens[i + 1]), out var merge) && merge.Rank < lowest.Rank)
                    (best, lowest) = (i, merge);
            }

            if (best < 0)
                break;
            tokens[best] = lowest.Merged;
            tokens.AsSpan(best + 2, count - best - 2).CopyTo(tokens.AsSpan(best + 1));
            count--;
        }

        return tokens[..count];
    }

    private int[] MergeByHeap(int[] tokens, int count)
    {
        var next = new int[count];
        var previous = new int[count];
        var queue = new PriorityQueue<(int At, int Left, int Right, int Merged), (int Rank, int At)>();
        for (int i = 0; i < count; i++)
        {
            next[i] = i + 1 < count ? i + 1 : -1;
            previous[i] = i - 1;
        }

        void Offer(int at)
        {
            if (at >= 0 && next[at] >= 0 && _merges.TryGetValue(Pair(tokens[at], tokens[next[at]]), out var merge))
                queue.Enqueue((at, tokens[at], tokens[next[at]], merge.Merged), (merge.Rank, at));
        }

        for (int i = 0; i < count; i++)
            Offer(i);

        while (queue.TryDequeue(out var entry, out _))
        {
            // An entry is stale when one of its parts was merged meanwhile; merged-away places hold -1.
            int right = next[entry.At];
            if (tokens[entry.At] != entry.Left || right < 0 || tokens[right] != entry.Right)
                continue;
            tokens[entry.At] = entry.Merged;
            tokens[right] = -1;
            next[entry.At] = next[right];
            if (next[right] >= 0)
                previous[next[right]] = entry.At;
            next[right] = -1;
            Offer(previous[entry.At]);
            Offer(entry.At);
        }

        return [.. tokens.Where(t => t >= 0)];
    }
}

namespace Kvasir.Models;

/// <summary>
/// Byte-pair encoding (Sennrich et al. 2016): again and again the adjacent pair of lowest rank is merged, leftmost first. A linked list and
/// a heap keep a word of n symbols at O(n log n).
/// </summary>
/// <param name="merges">By <see cref="Pair"/>: the rank and the symbol that the two become.</param>
internal sealed class PairMerges(Dictionary<ulong, (int Rank, int Merged)> merges)
{
    private const int ScanLength = 32; // below this a plain scan for the lowest rank beats the heap

    public static ulong Pair(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    /// <summary>Merges symbols in place; gives how many are left.</summary>
    public int Merge(Span<int> symbols) => symbols.Length <= ScanLength ? MergeByScan(symbols) : MergeByHeap(symbols);

    private int MergeByScan(Span<int> symbols)
    {
        int count = symbols.Length;
        if (count < 2)
            return count;

        // Ranks of the pairs that begin at each place; only the neighbours of a merge change.
        Span<long> ranks = stackalloc long[ScanLength];
        for (int i = 0; i + 1 < count; i++)
            ranks[i] = RankOf(symbols[i], symbols[i + 1]);
        while (count > 1)
        {
            int best = 0;
            for (int i = 1; i + 1 < count; i++)
            {
                if (ranks[i] >> 32 < ranks[best] >> 32)
                    best = i;
            }

            if (ranks[best] == long.MaxValue)
                break;
            symbols[best] = (int)ranks[best];
            symbols[(best + 2)..count].CopyTo(symbols[(best + 1)..]);
            count--;
            if (best + 1 < count)
                ranks[(best + 2)..count].CopyTo(ranks[(best + 1)..]);
            if (best + 1 < count)
                ranks[best] = RankOf(symbols[best], symbols[best + 1]);
            if (best > 0)
                ranks[best - 1] = RankOf(symbols[best - 1], symbols[best]);
        }

        return count;
    }

    private long RankOf(int left, int right) =>
        merges.TryGetValue(Pair(left, right), out var merge) ? ((long)merge.Rank << 32) | (uint)merge.Merged : long.MaxValue;

    private int MergeByHeap(Span<int> symbols)
    {
        int count = symbols.Length;
        var next = new int[count];
        var previous = new int[count];
        var queue = new PriorityQueue<(int At, int Left, int Right, int Merged), (int Rank, int At)>();
        for (int i = 0; i < count; i++)
        {
            next[i] = i + 1 < count ? i + 1 : -1;
            previous[i] = i - 1;
        }

        for (int i = 0; i + 1 < count; i++)
            Offer(queue, i, symbols[i], symbols[i + 1]);

        while (queue.TryDequeue(out var entry, out _))
        {
            // An entry is stale when one of its parts was merged meanwhile; merged-away places hold -1.
            int right = next[entry.At];
            if (symbols[entry.At] != entry.Left || right < 0 || symbols[right] != entry.Right)
                continue;
            symbols[entry.At] = entry.Merged;
            symbols[right] = -1;
            next[entry.At] = next[right];
            if (next[right] >= 0)
                previous[next[right]] = entry.At;
            next[right] = -1;
            int before = previous[entry.At];
            if (before >= 0)
                Offer(queue, before, symbols[before], symbols[entry.At]);
            if (next[entry.At] >= 0)
                Offer(queue, entry.At, symbols[entry.At], symbols[next[entry.At]]);
        }

        int kept = 0;
        foreach (int symbol in symbols)
        {
            if (symbol >= 0)
                symbols[kept++] = symbol;
        }

        return kept;
    }

    private void Offer(PriorityQueue<(int At, int Left, int Right, int Merged), (int Rank, int At)> queue, int at, int left, int right)
    {
        if (merges.TryGetValue(Pair(left, right), out var merge))
            queue.Enqueue((at, left, right, merge.Merged), (merge.Rank, at));
    }
}

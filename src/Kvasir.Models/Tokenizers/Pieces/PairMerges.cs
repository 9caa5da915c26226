using System.Buffers;

namespace Kvasir.Models;

/// <summary>
/// Byte-pair encoding (Sennrich et al. 2016): again and again the adjacent pair of lowest rank is merged, leftmost first. A linked list and
/// a heap keep a word of n symbols at O(n log n).
/// </summary>
internal sealed class PairMerges(PairTable table)
{
    private const int ScanLength = 48; // below this a plain scan for the lowest rank beats the heap

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
            ranks[i] = table.Find(symbols[i], symbols[i + 1]);
        while (count > 1)
        {
            int best = 0;
            for (int i = 1; i + 1 < count; i++)
            {
                if (ranks[i] >> 32 < ranks[best] >> 32)
                    best = i;
            }

            if (ranks[best] == PairTable.None)
                break;
            symbols[best] = (int)ranks[best];
            symbols[(best + 2)..count].CopyTo(symbols[(best + 1)..]);
            count--;
            if (best + 1 < count)
            {
                ranks[(best + 2)..count].CopyTo(ranks[(best + 1)..]);
                ranks[best] = table.Find(symbols[best], symbols[best + 1]);
            }

            if (best > 0)
                ranks[best - 1] = table.Find(symbols[best - 1], symbols[best]);
        }

        return count;
    }

    private int MergeByHeap(Span<int> symbols)
    {
        int count = symbols.Length;
        int[] next = ArrayPool<int>.Shared.Rent(count);
        int[] previous = ArrayPool<int>.Shared.Rent(count);
        long[] ranks = ArrayPool<long>.Shared.Rent(count); // of the pair that begins at a place
        var heap = new RankHeap(count);
        try
        {
            for (int i = 0; i < count; i++)
            {
                next[i] = i + 1 < count ? i + 1 : -1;
                previous[i] = i - 1;
                ranks[i] = i + 1 < count ? table.Find(symbols[i], symbols[i + 1]) : PairTable.None;
                if (ranks[i] != PairTable.None)
                    heap.Append((int)(ranks[i] >> 32), i);
            }

            heap.Order();
            while (heap.TryTake(out int rank, out int at))
            {
                // Stale when one of the two was merged meanwhile: the pair that begins there now has another rank, or there is none.
                if (ranks[at] == PairTable.None || (int)(ranks[at] >> 32) != rank)
                    continue;
                int right = next[at];
                symbols[at] = (int)ranks[at];
                symbols[right] = -1;
                ranks[right] = PairTable.None;
                next[at] = next[right];
                if (next[at] >= 0)
                    previous[next[at]] = at;
                Offer(symbols, at, next[at], ranks, heap);
                if (previous[at] >= 0)
                    Offer(symbols, previous[at], at, ranks, heap);
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(next);
            ArrayPool<int>.Shared.Return(previous);
            ArrayPool<long>.Shared.Return(ranks);
            heap.Return();
        }

        int kept = 0;
        foreach (int symbol in symbols)
        {
            if (symbol >= 0)
                symbols[kept++] = symbol;
        }

        return kept;
    }

    private void Offer(Span<int> symbols, int left, int right, long[] ranks, RankHeap heap)
    {
        ranks[left] = right < 0 ? PairTable.None : table.Find(symbols[left], symbols[right]);
        if (ranks[left] != PairTable.None)
            heap.Add((int)(ranks[left] >> 32), left);
    }
}

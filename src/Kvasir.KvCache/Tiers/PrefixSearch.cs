using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Tiers.Moves;

namespace Kvasir.KvCache.Tiers;

/// <summary>Looks for the objects of tiers that continue a prefix.</summary>
internal static class PrefixSearch
{
    /// <summary>
    /// Chunks that continue a sequence behind its first <paramref name="matched"/> rows, pinned for <paramref name="owner"/>; null when
    /// there are none worth loading.
    /// </summary>
    /// <param name="tiers">The tiers.</param>
    /// <param name="keys">The sequence's keys.</param>
    /// <param name="tokens">All its tokens.</param>
    /// <param name="matched">Rows that the pool has.</param>
    /// <param name="most">Rows that may be reused.</param>
    /// <param name="tailBlocks">Full blocks of the sequence when an object that ends there may exist (it was swapped out), or 0.</param>
    /// <param name="owner">Who asks, for messages.</param>
    public static TierHit? Find(KvTiers tiers, KeyChain keys, ReadOnlyMemory<int> tokens, int matched, int most, int tailBlocks, string owner)
    {
        var rows = tiers.Geometry.Layout.BlockRows;
        var chunkBlocks = tiers.ChunkTokens / rows;
        var start = matched / rows;
        var ends = new List<(int First, int End)>();
        var end = start;
        for (var first = matched / tiers.ChunkTokens * chunkBlocks; first * rows < most && (first + chunkBlocks) * rows <= tokens.Length; first += chunkBlocks)
        {
            if (!TryFind(first, first + chunkBlocks))
                break;
        }

        var tail = tailBlocks / chunkBlocks * chunkBlocks;
        if (tail < tailBlocks && tail <= end && tailBlocks > end)
            TryFind(tail, tailBlocks);

        // From the end to the beginning, so that no chunk is newer in a tier's books than one that it needs.
        var parts = new List<LoadPart>(ends.Count);
        for (var i = ends.Count - 1; i >= 0; i--)
        {
            if (Pin(ends[i].First, ends[i].End) is { } part)
            {
                parts.Add(part);
                continue;
            }

            // It left between the look and the pin: what is behind it is of no use.
            Unpin(parts);
            end = ends[i].First;
        }

        parts.Reverse();
        var behind = Math.Min(end * rows, most);
        if (parts.Count > 0 && behind - matched >= Math.Max(1, tiers.MinLoadTokens))
            return new TierHit(parts, start * rows, behind, tiers.Seconds(parts));
        Unpin(parts);
        return null;

        bool TryFind(int first, int last)
        {
            if (!tiers.Contains(keys.At(last, tokens.Span)))
                return false;
            ends.Add((first, last));
            end = last;
            return true;
        }

        LoadPart? Pin(int first, int last)
        {
            if (tiers.TryPin(keys.At(last, tokens.Span), owner) is not var (tier, pin))
                return null;
            var wanted = Math.Max(first, start);
            return new LoadPart
            {
                Tier = tier,
                Pin = pin,
                Tokens = tokens[(first * rows)..(last * rows)],
                Parent = keys.At(first, tokens.Span),
                FirstToken = first * rows,
                FirstBlock = wanted - first,
                Destinations = new nint[last - wanted],
            };
        }

        static void Unpin(List<LoadPart> parts)
        {
            foreach (var part in parts)
                part.Pin.Dispose();
            parts.Clear();
        }
    }
}

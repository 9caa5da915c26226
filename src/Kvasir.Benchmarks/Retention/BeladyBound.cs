using Kvasir.KvCache.Identity;

namespace Kvasir.Benchmarks.Retention;

/// <summary>
/// The most that any policy can find, knowing the future (Belady 1966, MIN): after each prompt the tier keeps, of what it had and of the
/// prompt's chunks, those that are asked for again soonest.
/// </summary>
/// <remarks>
/// Chunks are equally large, and storing one is free, so this is the optimum were every chunk useful alone. The rule that a chunk needs
/// all chunks before it costs nothing: who asks for a chunk asks for those before it too, so they are needed again no later, and with the
/// deeper one first where times are equal, the tier never keeps a chunk without them. So the bound is reached, and no policy that stores
/// whole chunks of the prompts it sees can find more.
/// </remarks>
internal static class BeladyBound
{
    private const int Never = int.MaxValue;

    /// <summary>Chunks found in a trace with so much memory.</summary>
    public static long FoundChunks(RetentionTrace trace, long bytes, CancellationToken cancellation = default)
    {
        var capacity = bytes / RetentionTrace.ChunkBytes;
        var nextUses = NextUses(trace);
        var kept = new Dictionary<BlockKey, int>();
        var latest = new PriorityQueue<(BlockKey Key, int NextUse), (int NextUse, int Depth)>(
            Comparer<(int NextUse, int Depth)>.Create((left, right) => right.CompareTo(left)));
        var found = 0L;
        for (var r = 0; r < trace.Requests.Count; r++)
        {
            cancellation.ThrowIfCancellationRequested();
            var chunks = trace.Requests[r].Chunks;
            var prefix = 0;
            while (prefix < chunks.Count && kept.ContainsKey(chunks[prefix]))
                prefix++;
            found += prefix;
            for (var i = 0; i < chunks.Count; i++)
            {
                var next = nextUses[r][i];
                if (next == Never)
                {
                    kept.Remove(chunks[i]);
                    continue;
                }

                kept[chunks[i]] = next;
                latest.Enqueue((chunks[i], next), (next, i));
            }

            while (kept.Count > capacity && latest.TryDequeue(out var last, out _))
            {
                // An entry of an earlier use says nothing any more.
                if (kept.TryGetValue(last.Key, out var next) && next == last.NextUse)
                    kept.Remove(last.Key);
            }
        }

        return found;
    }

    private static int[][] NextUses(RetentionTrace trace)
    {
        var next = new Dictionary<BlockKey, int>();
        var uses = new int[trace.Requests.Count][];
        for (var r = uses.Length - 1; r >= 0; r--)
        {
            var chunks = trace.Requests[r].Chunks;
            uses[r] = new int[chunks.Count];
            for (var i = 0; i < chunks.Count; i++)
                uses[r][i] = next.GetValueOrDefault(chunks[i], Never);
            foreach (var key in chunks)
                next[key] = r;
        }

        return uses;
    }
}

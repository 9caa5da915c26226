using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Retention;

namespace Kvasir.Benchmarks.Retention;

/// <summary>
/// A tier without bytes: which chunks would be there. A prompt finds the chunks up to the first that is missing, and then all its whole
/// chunks are stored, from its end to its beginning, as <see cref="ICachePolicy"/> asks. What it found is pinned meanwhile; one use a
/// prompt and chunk.
/// </summary>
internal sealed class TierSimulator(ICachePolicy policy, long capacityBytes)
{
    private readonly HashSet<BlockKey> _present = [];
    private readonly HashSet<BlockKey> _found = [];

    /// <summary>Chunks found so far.</summary>
    public long FoundChunks { get; private set; }

    /// <summary>Called when a chunk has come in.</summary>
    public Action<BlockKey>? Added { get; init; }

    /// <summary>Handles a prompt; returns the chunks that it found.</summary>
    public int Handle(TraceRequest request)
    {
        var chunks = request.Chunks;
        var found = 0;
        while (found < chunks.Count && _present.Contains(chunks[found]))
            _found.Add(chunks[found++]);
        for (var i = chunks.Count - 1; i >= 0; i--)
        {
            if (_present.Contains(chunks[i]))
                policy.Use(chunks[i], request.Seconds, request.PromptTokens);
            else if (MakeRoom(request.Seconds))
                Store(chunks[i], new CacheObject(RetentionTrace.ChunkBytes, i * RetentionTrace.ChunkTokens, request.PromptTokens, request.Seconds));
        }

        _found.Clear();
        FoundChunks += found;
        return found;
    }

    private bool MakeRoom(double seconds)
    {
        while ((_present.Count + 1) * RetentionTrace.ChunkBytes > capacityBytes)
        {
            if (!policy.TryChooseVictim(seconds, MayEvict, out var victim))
                return false;
            policy.Remove(victim);
            _present.Remove(victim);
        }

        return true;
    }

    private void Store(BlockKey key, in CacheObject facts)
    {
        policy.Add(key, facts);
        _present.Add(key);
        Added?.Invoke(key);
    }

    private bool MayEvict(BlockKey key) => !_found.Contains(key);
}

namespace Kvasir.KvCache.Retention.Objects;

/// <summary>The policies of tiers, by name.</summary>
public static class CachePolicies
{
    private static readonly string[] KnownNames = ["lru", "lfu", "tinylfu", "s3-fifo", "cost-aware", "ttl", "pinned"];

    /// <summary>All names, for help and messages.</summary>
    public static IReadOnlyList<string> Names => KnownNames;

    /// <summary>A new, empty policy.</summary>
    /// <param name="name">One of <see cref="Names"/>. <c>pinned</c> keeps everything until it is unpinned, in the order of LRU then.</param>
    /// <param name="timeToLive">How long an object lives; needed by <c>ttl</c>, without meaning for the others.</param>
    /// <exception cref="ArgumentException">The name is unknown, or <c>ttl</c> has no time to live.</exception>
    public static ICachePolicy Create(string name, TimeSpan? timeToLive = null) => name switch
    {
        "lru" => new LruPolicy(),
        "lfu" => new LfuPolicy(),
        "tinylfu" => new TinyLfuPolicy(),
        "s3-fifo" => new S3FifoPolicy(),
        "cost-aware" => new CostAwarePolicy(),
        "ttl" => new TtlPolicy(timeToLive ?? throw new ArgumentException("retention policy 'ttl' needs a time to live", nameof(timeToLive))),
        "pinned" => new PinnedPolicy(new LruPolicy(), keepEverything: true),
        _ => throw new ArgumentException($"retention policy '{name}' is unknown; known: {string.Join(", ", KnownNames)}", nameof(name)),
    };
}

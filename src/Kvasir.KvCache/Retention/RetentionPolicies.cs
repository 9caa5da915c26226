namespace Kvasir.KvCache.Retention;

/// <summary>The policies of the pool, by name.</summary>
public static class RetentionPolicies
{
    private static readonly string[] KnownNames = ["lru", "lfu", "tinylfu", "cost-aware"];

    /// <summary>All names, for help and messages.</summary>
    public static IReadOnlyList<string> Names => KnownNames;

    /// <summary>A new policy, for one pool.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="ArgumentException">The name is unknown.</exception>
    public static IRetentionPolicy Create(string name) => name switch
    {
        "lru" => new LruRetention(),
        "lfu" => new LfuRetention(),
        "tinylfu" => new TinyLfuRetention(),
        "cost-aware" => new CostAwareRetention(),
        _ => throw new ArgumentException($"retention policy '{name}' is unknown; known: {string.Join(", ", KnownNames)}", nameof(name)),
    };
}

using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Retention.Ghost;

/// <summary>A key with its place in an order of recency.</summary>
internal sealed class TrackedObject(BlockKey key, ulong hash)
{
    public BlockKey Key { get; } = key;

    /// <summary>Decides whether it is in a sample.</summary>
    public ulong Hash { get; } = hash;

    public long Bytes { get; set; }

    /// <summary>Its place, or -1.</summary>
    public int Place { get; set; } = -1;
}

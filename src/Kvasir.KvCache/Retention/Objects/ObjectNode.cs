using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Retention.Objects;

/// <summary>An object in the books of a policy. It knows its places, so that it can leave them from the middle.</summary>
internal sealed class ObjectNode(BlockKey key, long bytes)
{
    public BlockKey Key { get; } = key;

    public long Bytes { get; } = bytes;

    /// <summary>The list that it is in, if any.</summary>
    public ObjectList? List { get; set; }

    /// <summary>The next newer one in its list.</summary>
    public ObjectNode? Newer { get; set; }

    /// <summary>The next older one in its list.</summary>
    public ObjectNode? Older { get; set; }

    /// <summary>Place in a heap or a tournament, or -1.</summary>
    public int Place { get; set; } = -1;

    /// <summary>What a heap orders by: the lowest goes first.</summary>
    public double Priority { get; set; }

    /// <summary>What a heap orders by where priorities are equal.</summary>
    public long Order { get; set; }

    /// <summary>Uses, as the policy counts them.</summary>
    public long Uses { get; set; }
}

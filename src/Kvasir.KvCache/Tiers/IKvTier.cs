using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Tiers;

/// <summary>
/// A place outside the pool that keeps chunks of KV. All members may be called from any thread; <see cref="Describe"/>,
/// <see cref="Read"/> and <see cref="Store"/> may take long.
/// </summary>
public unsafe interface IKvTier : IDisposable
{
    /// <summary>Name for configuration and messages.</summary>
    string Name { get; }

    /// <summary>How its chunks are cut.</summary>
    ChunkGeometry Geometry { get; }

    /// <summary>State and counters.</summary>
    TierStatus Status { get; }

    /// <summary>True when the tier believes that it has an object. Quick; reads nothing from a medium and counts no use.</summary>
    bool Contains(BlockKey key);

    /// <summary>
    /// Pins an object and counts a use of it: it is not evicted until the pin is disposed or its lifetime has passed. Null when it is
    /// not there. Quick; reads nothing from a medium.
    /// </summary>
    TierPin? TryPin(BlockKey key, string owner, TimeSpan lifetime);

    /// <summary>Reads and checks what a pinned object says of itself.</summary>
    /// <exception cref="TierException">It is gone, damaged, or the medium fails.</exception>
    ChunkDescriptor Describe(TierPin pin);

    /// <summary>Reads and checks one record of a pinned object.</summary>
    /// <exception cref="TierException">It is gone, damaged, or the medium fails. The destination's bytes mean nothing then.</exception>
    void Read(TierPin pin, int group, int block, byte* destination);

    /// <summary>
    /// Keeps a chunk, evicting others where there is no room. Whole or not at all: a store that fails or is cut off leaves no object.
    /// </summary>
    StoreResult Store(ChunkDescriptor chunk, IChunkSource source);

    /// <summary>Forgets an object. A pinned one is not found from now on, and goes with its last pin.</summary>
    bool Remove(BlockKey key);

    /// <summary>Drops what is over and writes down what should outlive the process. Called now and then; may take a while.</summary>
    void Maintain()
    {
    }

    /// <summary>All objects, in no particular order.</summary>
    IReadOnlyList<TierEntry> List();
}

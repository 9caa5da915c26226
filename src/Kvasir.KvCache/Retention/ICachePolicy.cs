using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Retention;

/// <summary>
/// Decides which object leaves a tier first. It keeps its own books over keys, told of everything that happens; one thread at a time
/// uses it, and it never asks the clock.
/// </summary>
public interface ICachePolicy
{
    /// <summary>Name for configuration and messages.</summary>
    string Name { get; }

    /// <summary>An object came in. It is not there yet.</summary>
    void Add(BlockKey key, in CacheObject facts);

    /// <summary>An object was found and is used.</summary>
    /// <param name="key">The object.</param>
    /// <param name="seconds">Time of the use, from any fixed moment.</param>
    void Use(BlockKey key, double seconds);

    /// <summary>An object has left, evicted or removed otherwise. Unknown keys are ignored.</summary>
    void Remove(BlockKey key);

    /// <summary>
    /// The object to evict next among those that <paramref name="mayEvict"/> allows (pinned ones may not); false when there is none.
    /// The object stays in the books until <see cref="Remove"/>.
    /// </summary>
    bool TryChooseVictim(double seconds, Func<BlockKey, bool> mayEvict, out BlockKey victim);
}

using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Retention;

/// <summary>
/// Decides which object leaves a tier first. It keeps its own books over keys, told of everything that happens; one thread at a time
/// uses it, and it never asks the clock. The same calls give the same victims.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>Each look-up that finds an object is a <see cref="Use"/>, each one that does not is, if the object is stored then, an
/// <see cref="Add"/>; policies that count frequencies count both.</item>
/// <item>A chunk is useful only while all before it are there. Tell of the chunks of one prompt from its end to its beginning: then no
/// chunk is newer than one that it needs, and an order by recency evicts prompts from their ends.</item>
/// <item>There is no capacity: the tier asks for victims when it is full, so shares are shares of the bytes that are there.</item>
/// <item>Work is constant or logarithmic in the number of objects, apart from objects in a victim's way that may not be evicted: each of
/// those is looked at.</item>
/// </list>
/// </remarks>
public interface ICachePolicy
{
    /// <summary>Name for configuration and messages.</summary>
    string Name { get; }

    /// <summary>An object came in.</summary>
    /// <exception cref="ArgumentException">It is there already, or has no size.</exception>
    void Add(BlockKey key, in CacheObject facts);

    /// <summary>An object was found and is used. Unknown keys are ignored.</summary>
    /// <param name="key">The object.</param>
    /// <param name="seconds">Time of the use, from the moment that all times count from.</param>
    /// <param name="promptTokens">Length of the prompt that uses it; 0 when unknown.</param>
    void Use(BlockKey key, double seconds, int promptTokens = 0);

    /// <summary>
    /// An object has left. The one that <see cref="TryChooseVictim"/> named last counts as evicted, any other as withdrawn; policies that
    /// remember what they evicted remember only the former. Unknown keys are ignored.
    /// </summary>
    void Remove(BlockKey key);

    /// <summary>
    /// The object to evict next among those that <paramref name="mayEvict"/> allows (pinned ones may not); false when there is none.
    /// The object stays in the books until <see cref="Remove"/>. It may be the one that came in last.
    /// </summary>
    bool TryChooseVictim(double seconds, Func<BlockKey, bool> mayEvict, out BlockKey victim);
}

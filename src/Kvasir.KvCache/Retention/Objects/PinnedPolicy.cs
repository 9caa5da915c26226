using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Retention.Objects;

/// <summary>
/// Keeps objects that somebody pinned, until all who did unpin them, and leaves the others to another policy. Pinned objects are out of
/// that policy's books, so however many they are, nobody has to look past them; unpinned they count as come at their last use.
/// </summary>
/// <remarks>A pin is no promise of a tier (that is <c>TierPin</c>, with a lifetime): it goes when the object is removed.</remarks>
public sealed class PinnedPolicy : ICachePolicy
{
    /// <summary>The owner of the pins that come with objects when everything is kept.</summary>
    public const string EverythingsOwner = "policy";

    private readonly ICachePolicy _inner;
    private readonly bool _keepEverything;
    private readonly Dictionary<BlockKey, CacheObject> _facts = [];
    private readonly Dictionary<BlockKey, HashSet<string>> _owners = [];
    private readonly Dictionary<string, HashSet<BlockKey>> _pins = new(StringComparer.Ordinal);

    /// <param name="inner">Who chooses among what is not pinned; empty, and from now on used by this policy only.</param>
    /// <param name="keepEverything">True when every object that comes is pinned by <see cref="EverythingsOwner"/>.</param>
    public PinnedPolicy(ICachePolicy inner, bool keepEverything = false)
    {
        ArgumentNullException.ThrowIfNull(inner);
        _inner = inner;
        _keepEverything = keepEverything;
    }

    /// <inheritdoc/>
    public string Name => "pinned";

    /// <summary>Objects that are pinned.</summary>
    public int Pinned => _owners.Count;

    /// <inheritdoc/>
    public void Add(BlockKey key, in CacheObject facts)
    {
        if (_facts.ContainsKey(key))
            throw new ArgumentException($"object {key} is there already; remove it first", nameof(key));
        _inner.Add(key, facts);
        _facts.Add(key, facts);
        if (_keepEverything)
            Pin(key, EverythingsOwner);
    }

    /// <inheritdoc/>
    public void Use(BlockKey key, double seconds, int promptTokens = 0)
    {
        if (!_facts.TryGetValue(key, out var facts))
            return;
        _facts[key] = facts with { Seconds = seconds, PromptTokens = promptTokens > 0 ? promptTokens : facts.PromptTokens };
        if (!_owners.ContainsKey(key))
            _inner.Use(key, seconds, promptTokens);
    }

    /// <inheritdoc/>
    public void Remove(BlockKey key)
    {
        if (!_facts.Remove(key))
            return;
        if (!_owners.Remove(key, out var owners))
        {
            _inner.Remove(key);
            return;
        }

        foreach (var owner in owners)
            Forget(owner, key);
    }

    /// <inheritdoc/>
    public bool TryChooseVictim(double seconds, Func<BlockKey, bool> mayEvict, out BlockKey victim) =>
        _inner.TryChooseVictim(seconds, mayEvict, out victim);

    /// <summary>Keeps an object for somebody; false when it is not there, or is kept for them already.</summary>
    public bool Pin(BlockKey key, string owner)
    {
        if (!_facts.ContainsKey(key))
            return false;
        if (!_owners.TryGetValue(key, out var owners))
        {
            _owners.Add(key, owners = new HashSet<string>(StringComparer.Ordinal));
            _inner.Remove(key);
        }

        if (!_pins.TryGetValue(owner, out var keys))
            _pins.Add(owner, keys = []);
        keys.Add(key);
        return owners.Add(owner);
    }

    /// <summary>Ends one's pin; false when there is none.</summary>
    public bool Unpin(BlockKey key, string owner)
    {
        if (!_owners.TryGetValue(key, out var owners) || !owners.Remove(owner))
            return false;
        Forget(owner, key);
        if (owners.Count == 0)
        {
            _owners.Remove(key);
            _inner.Add(key, _facts[key]);
        }

        return true;
    }

    /// <summary>Ends all of one's pins; returns how many there were.</summary>
    public int UnpinAll(string owner)
    {
        if (!_pins.TryGetValue(owner, out var keys))
            return 0;
        var pinned = keys.ToArray();
        foreach (var key in pinned)
            Unpin(key, owner);
        return pinned.Length;
    }

    private void Forget(string owner, BlockKey key)
    {
        var keys = _pins[owner];
        keys.Remove(key);
        if (keys.Count == 0)
            _pins.Remove(owner);
    }
}

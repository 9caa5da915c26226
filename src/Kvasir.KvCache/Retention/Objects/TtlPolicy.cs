using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Retention.Objects;

/// <summary>
/// Objects whose time has passed go first, the one that expired first before the others; then the least recently used. The time counts
/// from an object's coming; uses do not prolong it (if they did, the order would be that of <see cref="LruPolicy"/>).
/// </summary>
public sealed class TtlPolicy : ICachePolicy
{
    private readonly ObjectBook _book = new();
    private readonly ObjectList _list = new();
    private readonly ObjectHeap _byExpiry = new();
    private readonly double _timeToLive;
    private long _added;

    /// <param name="timeToLive">How long an object lives; more than zero.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not more than zero.</exception>
    public TtlPolicy(TimeSpan timeToLive)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeToLive, TimeSpan.Zero);
        _timeToLive = timeToLive.TotalSeconds;
    }

    /// <inheritdoc/>
    public string Name => "ttl";

    /// <inheritdoc/>
    public void Add(BlockKey key, in CacheObject facts)
    {
        var node = _book.Add(key, facts);
        node.Priority = facts.Seconds + _timeToLive;
        node.Order = _added++;
        _list.Add(node);
        _byExpiry.Add(node);
    }

    /// <inheritdoc/>
    public void Use(BlockKey key, double seconds, int promptTokens = 0)
    {
        if (_book.TryFind(key, out var node))
            _list.Renew(node);
    }

    /// <inheritdoc/>
    public void Remove(BlockKey key)
    {
        if (!_book.TryRemove(key, out var node, out _))
            return;
        _list.Remove(node);
        _byExpiry.Remove(node);
    }

    /// <inheritdoc/>
    public bool TryChooseVictim(double seconds, Func<BlockKey, bool> mayEvict, out BlockKey victim) =>
        _book.Answer(_byExpiry.FirstAllowed(mayEvict, seconds) ?? _list.OldestAllowed(mayEvict), out victim);
}

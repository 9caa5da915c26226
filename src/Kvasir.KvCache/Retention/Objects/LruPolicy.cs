using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Retention.Objects;

/// <summary>The least recently used object goes first.</summary>
public sealed class LruPolicy : ICachePolicy
{
    private readonly ObjectBook _book = new();
    private readonly ObjectList _list = new();

    /// <inheritdoc/>
    public string Name => "lru";

    /// <inheritdoc/>
    public void Add(BlockKey key, in CacheObject facts) => _list.Add(_book.Add(key, facts));

    /// <inheritdoc/>
    public void Use(BlockKey key, double seconds, int promptTokens = 0)
    {
        if (_book.TryFind(key, out var node))
            _list.Renew(node);
    }

    /// <inheritdoc/>
    public void Remove(BlockKey key)
    {
        if (_book.TryRemove(key, out var node, out _))
            _list.Remove(node);
    }

    /// <inheritdoc/>
    public bool TryChooseVictim(double seconds, Func<BlockKey, bool> mayEvict, out BlockKey victim) =>
        _book.Answer(_list.OldestAllowed(mayEvict), out victim);
}

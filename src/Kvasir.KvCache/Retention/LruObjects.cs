using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Retention;

/// <summary>The least recently used object goes first.</summary>
public sealed class LruObjects : ICachePolicy
{
    private readonly LinkedList<BlockKey> _order = new();
    private readonly Dictionary<BlockKey, LinkedListNode<BlockKey>> _nodes = [];

    /// <inheritdoc/>
    public string Name => "lru";

    /// <inheritdoc/>
    public void Add(BlockKey key, in CacheObject facts) => _nodes[key] = _order.AddLast(key);

    /// <inheritdoc/>
    public void Use(BlockKey key, double seconds)
    {
        if (!_nodes.TryGetValue(key, out var node))
            return;
        _order.Remove(node);
        _order.AddLast(node);
    }

    /// <inheritdoc/>
    public void Remove(BlockKey key)
    {
        if (_nodes.Remove(key, out var node))
            _order.Remove(node);
    }

    /// <inheritdoc/>
    public bool TryChooseVictim(double seconds, Func<BlockKey, bool> mayEvict, out BlockKey victim)
    {
        for (var node = _order.First; node is not null; node = node.Next)
        {
            if (!mayEvict(node.Value))
                continue;
            victim = node.Value;
            return true;
        }

        victim = default;
        return false;
    }
}

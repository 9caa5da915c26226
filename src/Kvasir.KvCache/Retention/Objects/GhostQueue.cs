using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Retention.Objects;

/// <summary>Keys of evicted objects, first in first out.</summary>
internal sealed class GhostQueue
{
    private readonly Dictionary<BlockKey, ObjectNode> _nodes = [];
    private readonly ObjectList _list = new();

    public int Count => _list.Count;

    public void Add(BlockKey key, long bytes)
    {
        Remove(key);
        var node = new ObjectNode(key, bytes);
        _nodes.Add(key, node);
        _list.Add(node);
    }

    public bool Remove(BlockKey key)
    {
        if (!_nodes.Remove(key, out var node))
            return false;
        _list.Remove(node);
        return true;
    }

    /// <summary>Forgets the oldest while there are more than so many, or they stand for more bytes.</summary>
    public void Trim(int count, long bytes)
    {
        while (_list.Oldest is { } oldest && (_list.Count > count || _list.Bytes > bytes))
            Remove(oldest.Key);
    }
}

using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Retention.Objects;

/// <summary>The objects that are there, by key, with what all policies check alike.</summary>
internal sealed class ObjectBook
{
    private readonly Dictionary<BlockKey, ObjectNode> _nodes = [];
    private BlockKey? _victim;

    public int Count => _nodes.Count;

    public ObjectNode Add(BlockKey key, in CacheObject facts)
    {
        if (facts.Bytes < 1)
            throw new ArgumentException($"object {key} has {facts.Bytes} bytes; an object of a tier has at least one", nameof(facts));
        var node = new ObjectNode(key, facts.Bytes);
        if (!_nodes.TryAdd(key, node))
            throw new ArgumentException($"object {key} is there already; remove it first", nameof(key));
        return node;
    }

    public bool TryFind(BlockKey key, out ObjectNode node) => _nodes.TryGetValue(key, out node!);

    /// <summary>Takes an object out. It was evicted when it is the one that was chosen last, otherwise withdrawn.</summary>
    public bool TryRemove(BlockKey key, out ObjectNode node, out bool evicted)
    {
        evicted = false;
        if (!_nodes.Remove(key, out node!))
            return false;
        evicted = _victim == key;
        if (evicted)
            _victim = null;
        return true;
    }

    /// <summary>The answer of a policy that has chosen <paramref name="node"/>, or found none.</summary>
    public bool Answer(ObjectNode? node, out BlockKey victim)
    {
        _victim = node?.Key;
        victim = node?.Key ?? default;
        return node is not null;
    }
}

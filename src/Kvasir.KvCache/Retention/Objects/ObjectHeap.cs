using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Retention.Objects;

/// <summary>A binary heap of objects, the lowest priority on top and the lowest order where priorities are equal.</summary>
internal sealed class ObjectHeap
{
    private readonly List<ObjectNode> _nodes = [];
    private readonly List<ObjectNode> _aside = [];

    public int Count => _nodes.Count;

    public void Add(ObjectNode node)
    {
        _nodes.Add(node);
        node.Place = _nodes.Count - 1;
        Rise(node.Place);
    }

    public void Remove(ObjectNode node)
    {
        var place = node.Place;
        var last = _nodes[^1];
        _nodes.RemoveAt(_nodes.Count - 1);
        node.Place = -1;
        if (last == node)
            return;
        Set(place, last);
        Changed(last);
    }

    /// <summary>Restores the order after a node's priority or order changed.</summary>
    public void Changed(ObjectNode node)
    {
        Rise(node.Place);
        Sink(node.Place);
    }

    /// <summary>The first one that may go among those with a priority of at most <paramref name="limit"/>, or null.</summary>
    public ObjectNode? FirstAllowed(Func<BlockKey, bool> mayEvict, double limit)
    {
        ObjectNode? found = null;
        while (_nodes.Count > 0 && _nodes[0].Priority <= limit)
        {
            var top = _nodes[0];
            if (mayEvict(top.Key))
            {
                found = top;
                break;
            }

            Remove(top);
            _aside.Add(top);
        }

        foreach (var node in _aside)
            Add(node);
        _aside.Clear();
        return found;
    }

    private void Rise(int place)
    {
        var node = _nodes[place];
        while (place > 0 && Before(node, _nodes[(place - 1) / 2]))
        {
            Set(place, _nodes[(place - 1) / 2]);
            place = (place - 1) / 2;
        }

        Set(place, node);
    }

    private void Sink(int place)
    {
        var node = _nodes[place];
        while (true)
        {
            var child = (2 * place) + 1;
            if (child >= _nodes.Count)
                break;
            if (child + 1 < _nodes.Count && Before(_nodes[child + 1], _nodes[child]))
                child++;
            if (!Before(_nodes[child], node))
                break;
            Set(place, _nodes[child]);
            place = child;
        }

        Set(place, node);
    }

    private void Set(int place, ObjectNode node)
    {
        _nodes[place] = node;
        node.Place = place;
    }

    private static bool Before(ObjectNode left, ObjectNode right) =>
        left.Priority < right.Priority || (left.Priority == right.Priority && left.Order < right.Order);
}

namespace Kvasir.KvCache.Index;

/// <summary>
/// The leaves that may be evicted, the least recently used on top: a binary heap whose nodes know their place, so that one can leave
/// it from the middle. No operation looks at more than one path of the heap.
/// </summary>
internal sealed class LeafHeap
{
    private readonly List<PrefixNode> _nodes = [];

    public int Count => _nodes.Count;

    public PrefixNode this[int place] => _nodes[place];

    public void Add(PrefixNode node)
    {
        if (node.HeapPlace >= 0)
            throw new InvalidOperationException("prefix index: a leaf is evictable twice");
        node.HeapPlace = _nodes.Count;
        _nodes.Add(node);
        Rise(node.HeapPlace);
    }

    public void Remove(PrefixNode node)
    {
        var place = node.HeapPlace;
        var last = _nodes[^1];
        _nodes.RemoveAt(_nodes.Count - 1);
        node.HeapPlace = -1;
        if (last == node)
            return;
        Set(place, last);
        Rise(place);
        Sink(last.HeapPlace);
    }

    public PrefixNode TakeOldest()
    {
        var oldest = _nodes[0];
        Remove(oldest);
        return oldest;
    }

    /// <summary>Restores the order after a node was used.</summary>
    public void Used(PrefixNode node) => Sink(node.HeapPlace);

    private void Rise(int place)
    {
        var node = _nodes[place];
        while (place > 0 && _nodes[(place - 1) / 2].LastUse > node.LastUse)
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
            if (child + 1 < _nodes.Count && _nodes[child + 1].LastUse < _nodes[child].LastUse)
                child++;
            if (_nodes[child].LastUse >= node.LastUse)
                break;
            Set(place, _nodes[child]);
            place = child;
        }

        Set(place, node);
    }

    private void Set(int place, PrefixNode node)
    {
        _nodes[place] = node;
        node.HeapPlace = place;
    }
}

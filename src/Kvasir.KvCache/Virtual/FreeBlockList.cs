namespace Kvasir.KvCache.Virtual;

/// <summary>Free blocks in an order, any of which can be taken at once: a doubly linked list over block numbers.</summary>
internal sealed class FreeBlockList
{
    private readonly int _end;
    private readonly int[] _next;
    private readonly int[] _previous;

    public FreeBlockList(int capacity)
    {
        _end = capacity;
        _next = new int[capacity + 1];
        _previous = new int[capacity + 1];
        Array.Fill(_next, -1);
        _next[_end] = _end;
        _previous[_end] = _end;
    }

    public int Count { get; private set; }

    /// <summary>The first block, or -1.</summary>
    public int First => _next[_end] == _end ? -1 : _next[_end];

    public bool Contains(int block) => _next[block] >= 0;

    public void AddFirst(int block) => Insert(block, _end, _next[_end]);

    public void AddLast(int block) => Insert(block, _previous[_end], _end);

    public void Remove(int block)
    {
        if (!Contains(block))
            throw new InvalidOperationException($"block {block} is not free");
        _next[_previous[block]] = _next[block];
        _previous[_next[block]] = _previous[block];
        _next[block] = -1;
        Count--;
    }

    private void Insert(int block, int previous, int next)
    {
        if (Contains(block))
            throw new InvalidOperationException($"block {block} is free already");
        _previous[block] = previous;
        _next[block] = next;
        _next[previous] = block;
        _previous[next] = block;
        Count++;
    }
}

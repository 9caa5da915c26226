namespace Kvasir.KvCache.Retention.Ghost;

/// <summary>
/// Objects in the order of their last use, that says how many bytes were used since one of them was: places in time with a tree of partial
/// sums over them (Fenwick 1994). When the places run out, objects move together; logarithmic on average.
/// </summary>
internal sealed class RecencyOrder
{
    private readonly TrackedObject?[] _places;
    private readonly long[] _sums;
    private int _next;
    private int _oldest;

    /// <param name="capacity">Most objects that are in it at once.</param>
    public RecencyOrder(int capacity)
    {
        _places = new TrackedObject?[2 * capacity];
        _sums = new long[_places.Length + 1];
    }

    /// <summary>Bytes of all objects.</summary>
    public long Bytes { get; private set; }

    /// <summary>The object that was used least recently, or null.</summary>
    public TrackedObject? Oldest
    {
        get
        {
            while (_oldest < _next && _places[_oldest] is null)
                _oldest++;
            return _oldest < _next ? _places[_oldest] : null;
        }
    }

    /// <summary>Bytes of the objects that were used after <paramref name="tracked"/>.</summary>
    public long BytesAfter(TrackedObject tracked)
    {
        var before = 0L;
        for (var i = tracked.Place + 1; i > 0; i -= i & -i)
            before += _sums[i];
        return Bytes - before;
    }

    /// <summary>Adds an object that is not there as the newest.</summary>
    public void Add(TrackedObject tracked)
    {
        if (_next == _places.Length)
            MoveTogether();
        tracked.Place = _next;
        _places[_next++] = tracked;
        Change(tracked.Place, tracked.Bytes);
    }

    /// <summary>Takes an object out.</summary>
    public void Remove(TrackedObject tracked)
    {
        Change(tracked.Place, -tracked.Bytes);
        _places[tracked.Place] = null;
        tracked.Place = -1;
    }

    private void Change(int place, long bytes)
    {
        Bytes += bytes;
        for (var i = place + 1; i < _sums.Length; i += i & -i)
            _sums[i] += bytes;
    }

    private void MoveTogether()
    {
        var kept = 0;
        for (var i = 0; i < _next; i++)
        {
            if (_places[i] is not { } tracked)
                continue;
            _places[i] = null;
            _places[kept] = tracked;
            tracked.Place = kept++;
        }

        (_next, _oldest, Bytes) = (kept, 0, 0);
        Array.Clear(_sums);
        for (var i = 0; i < kept; i++)
            Change(i, _places[i]!.Bytes);
    }
}

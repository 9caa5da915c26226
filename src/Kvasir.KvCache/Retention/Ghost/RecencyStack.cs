using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Retention.Ghost;

/// <summary>A <see cref="RecencyOrder"/> whose objects are found by their keys.</summary>
internal sealed class RecencyStack(int capacity)
{
    private readonly Dictionary<BlockKey, TrackedObject> _objects = [];
    private readonly RecencyOrder _order = new(capacity);

    public int Count => _objects.Count;

    public long Bytes => _order.Bytes;

    /// <summary>The object that was used least recently, or null.</summary>
    public TrackedObject? Oldest => _order.Oldest;

    public bool TryFind(BlockKey key, out TrackedObject tracked) => _objects.TryGetValue(key, out tracked!);

    public long BytesAfter(TrackedObject tracked) => _order.BytesAfter(tracked);

    /// <summary>Makes an object the newest.</summary>
    public void Renew(BlockKey key, ulong hash, long bytes)
    {
        if (_objects.TryGetValue(key, out var tracked))
            _order.Remove(tracked);
        else
            _objects.Add(key, tracked = new TrackedObject(key, hash));
        tracked.Bytes = bytes;
        _order.Add(tracked);
    }

    public void Drop(TrackedObject tracked)
    {
        _order.Remove(tracked);
        _objects.Remove(tracked.Key);
    }

    /// <summary>Drops all whose hash is above a threshold.</summary>
    public void DropAbove(ulong threshold)
    {
        foreach (var tracked in _objects.Values)
        {
            if (tracked.Hash > threshold)
                Drop(tracked);
        }
    }

    /// <summary>Bytes of the objects whose hash is at most a threshold.</summary>
    public long BytesUpTo(ulong threshold) => _objects.Values.Sum(tracked => tracked.Hash <= threshold ? tracked.Bytes : 0);
}

using Kvasir.KvCache.Identity;

namespace Kvasir.Engine.Tiers;

/// <summary>What is left to verify, oldest first; of what is too much the oldest is given up.</summary>
internal sealed class ScrubQueue
{
    private const int MaxItems = 256;

    private readonly LinkedList<ScrubItem> _items = new();

    public int Count => _items.Count;

    public ScrubItem? First => _items.First?.Value;

    public void Add(CacheScope scope, int[] tokens, int start, BlockKey[] keys)
    {
        if (_items.Count == MaxItems)
            _items.RemoveFirst();
        _items.AddLast(new ScrubItem(scope, tokens, start, keys));
    }

    public void RemoveFirst() => _items.RemoveFirst();

    public void ReplaceFirst(ScrubItem item) => _items.First!.Value = item;
}

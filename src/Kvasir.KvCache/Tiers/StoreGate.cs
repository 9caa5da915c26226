using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Tiers;

/// <summary>
/// Lets a chunk be stored at its n-th use: most prompts never come again, and storing them wears out a disk for nothing. Remembers a
/// bounded number of keys; of those that are too many the oldest are forgotten.
/// </summary>
/// <param name="uses">Uses needed; 1 lets everything through.</param>
internal sealed class StoreGate(int uses)
{
    private const int MaxKeys = 1 << 16;

    private readonly Dictionary<BlockKey, int> _counts = [];
    private readonly Queue<BlockKey> _order = new();

    /// <summary>Counts a use; true when the chunk may be stored now.</summary>
    public bool Use(BlockKey key)
    {
        if (uses <= 1)
            return true;
        var count = _counts.GetValueOrDefault(key) + 1;
        if (count == 1)
        {
            if (_order.Count == MaxKeys)
                _counts.Remove(_order.Dequeue());
            _order.Enqueue(key);
        }

        _counts[key] = count;
        return count >= uses;
    }
}

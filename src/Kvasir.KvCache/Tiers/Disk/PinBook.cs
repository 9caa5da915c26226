namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>The pins that are held, by their end. One thread at a time uses it.</summary>
internal sealed class PinBook(TimeProvider clock)
{
    private const int SparePins = 1024;
    private readonly Dictionary<TierPin, DiskEntry> _pins = new(ReferenceEqualityComparer.Instance);
    private readonly PriorityQueue<TierPin, long> _ends = new();

    public int Count => _pins.Count;

    public long Expired { get; private set; }

    public TierPin Add(DiskEntry entry, string owner, TimeSpan lifetime, Action<TierPin> release)
    {
        var ticks = Math.Min(lifetime.TotalSeconds * clock.TimestampFrequency, long.MaxValue / 4);
        var now = clock.GetTimestamp();
        var pin = new TierPin(entry.Key, owner, now + (long)ticks, release);
        _pins.Add(pin, entry);
        _ends.Enqueue(pin, pin.Expires);
        entry.Pins++;
        Trim();
        return pin;
    }

    /// <summary>The object of a pin; null when the pin has ended.</summary>
    public DiskEntry? Find(TierPin pin) => _pins.GetValueOrDefault(pin);

    /// <summary>Ends a pin and returns its object; null when it had ended.</summary>
    public DiskEntry? Remove(TierPin pin)
    {
        if (!_pins.Remove(pin, out var entry))
            return null;
        entry.Pins--;
        return entry;
    }

    /// <summary>Ends one pin whose time has passed.</summary>
    public bool TryExpire(out DiskEntry entry)
    {
        var now = clock.GetTimestamp();
        while (_ends.TryPeek(out var pin, out var end) && end <= now)
        {
            _ends.Dequeue();
            if (Remove(pin) is { } found)
            {
                Expired++;
                entry = found;
                return true;
            }
        }

        entry = null!;
        return false;
    }

    /// <summary>Ends any pin.</summary>
    public bool TryTakeAny(out DiskEntry entry)
    {
        entry = null!;
        foreach (var pin in _pins.Keys)
        {
            entry = Remove(pin)!;
            return true;
        }

        return false;
    }

    /// <summary>Released pins stay in the queue until their end; they are thrown out when they are the most of it.</summary>
    private void Trim()
    {
        if (_ends.Count < (2 * _pins.Count) + SparePins)
            return;
        _ends.Clear();
        foreach (var pin in _pins.Keys)
            _ends.Enqueue(pin, pin.Expires);
    }
}

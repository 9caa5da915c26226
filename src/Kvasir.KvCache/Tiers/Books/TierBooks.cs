using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Retention;

namespace Kvasir.KvCache.Tiers.Books;

/// <summary>
/// What a tier in memory has, who holds it, and what goes next: capacity, quotas and lifetimes of tenants, pins, readers, retention.
/// Any thread may use it; nothing in it waits.
/// </summary>
/// <remarks>
/// An object's bytes count from the moment a store begins until its payload was dropped, so the sum never exceeds the capacity: a store
/// that finds no room is refused. An object that is removed while pinned or read is not found any more and is dropped by the last of them.
/// </remarks>
/// <typeparam name="T">Where an object's bytes are.</typeparam>
internal sealed class TierBooks<T>
    where T : class
{
    private readonly Lock _gate = new();
    private readonly Dictionary<BlockKey, TierObject<T>> _objects = [];
    private readonly Dictionary<TierPin, TierObject<T>> _pins = [];
    private readonly Dictionary<string, long> _tenantBytes = new(StringComparer.Ordinal);
    private readonly TierLimits _limits;
    private readonly ICachePolicy _policy;
    private readonly TimeProvider _time;
    private readonly Action<T> _drop;
    private readonly long _start;
    private long _bytes;
    private long _expiredPins;
    private long _stored;
    private long _refused;
    private long _evicted;
    private long _expired;
    private long _damaged;

    /// <param name="limits">Most bytes, and quotas.</param>
    /// <param name="policy">Chooses what goes; used under the lock.</param>
    /// <param name="time">Source of time.</param>
    /// <param name="drop">Frees a payload; called under the lock, once for each.</param>
    public TierBooks(TierLimits limits, ICachePolicy policy, TimeProvider time, Action<T> drop)
    {
        _limits = limits;
        _policy = policy;
        _time = time;
        _drop = drop;
        _start = time.GetTimestamp();
    }

    public bool Contains(BlockKey key)
    {
        lock (_gate)
            return _objects.TryGetValue(key, out var found) && IsAlive(found);
    }

    public TierPin? TryPin(BlockKey key, string owner, TimeSpan lifetime)
    {
        lock (_gate)
        {
            if (!_objects.TryGetValue(key, out var found) || !IsAlive(found))
                return null;
            var now = _time.GetTimestamp();
            found.LastUse = now;
            found.Uses++;
            _policy.Use(key, Seconds(now));
            var pin = new TierPin(key, owner, now + (long)(lifetime.TotalSeconds * _time.TimestampFrequency), Release);
            _pins.Add(pin, found);
            found.Pins++;
            return pin;
        }
    }

    /// <summary>Begins a read; the payload stays until <see cref="Leave"/>, even when the pin expires meanwhile.</summary>
    /// <exception cref="TierException">The pin is spent or its object is gone.</exception>
    public TierObject<T> Enter(TierPin pin)
    {
        lock (_gate)
        {
            if (!_pins.TryGetValue(pin, out var found))
                throw new TierException(TierFault.Missing, $"the pin of {pin.Owner} on {pin.Key} has ended");
            found.Readers++;
            return found;
        }
    }

    public void Leave(TierObject<T> entry)
    {
        lock (_gate)
        {
            entry.Readers--;
            DropIfUnused(entry);
        }
    }

    /// <summary>Makes room for an object and reserves it; the caller then writes and calls <see cref="Commit"/> or <see cref="Abandon"/>.</summary>
    /// <returns><see cref="StoreResult.Stored"/> when <paramref name="entry"/> may be written.</returns>
    public StoreResult Begin(ChunkDescriptor chunk, long bytes, out TierObject<T>? entry)
    {
        entry = null;
        lock (_gate)
        {
            if (_objects.TryGetValue(chunk.Key, out var present) && (present.Payload is null || IsAlive(present)))
                return StoreResult.Present;
            var quota = _limits.Of(chunk.Tenant).QuotaBytes;
            if (bytes > _limits.CapacityBytes || bytes > quota || !MakeRoom(chunk.Tenant, bytes, quota))
            {
                _refused++;
                return StoreResult.NoRoom;
            }

            entry = new TierObject<T>(chunk, bytes, _time.GetTimestamp());
            _objects.Add(chunk.Key, entry);
            Count(entry, +1);
            return StoreResult.Stored;
        }
    }

    /// <summary>The object is whole now and can be found.</summary>
    public void Commit(TierObject<T> entry, T payload)
    {
        lock (_gate)
        {
            entry.Payload = payload;
            _stored++;
            if (entry.IsRemoved)
            {
                DropIfUnused(entry);
                return;
            }

            _policy.Add(entry.Key, new CacheObject(entry.Bytes, entry.Chunk.FirstToken, entry.Chunk.PromptTokens, Seconds(entry.Created)));
        }
    }

    /// <summary>The object was not written.</summary>
    public void Abandon(TierObject<T> entry)
    {
        lock (_gate)
        {
            if (!entry.IsRemoved)
                _objects.Remove(entry.Key);
            Count(entry, -1);
        }
    }

    public bool Remove(BlockKey key, bool damaged = false)
    {
        lock (_gate)
        {
            if (!_objects.TryGetValue(key, out var found))
                return false;
            _damaged += damaged ? 1 : 0;
            Forget(found);
            return true;
        }
    }

    public List<TierEntry> List()
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            var stamp = _time.GetTimestamp();
            var list = new List<TierEntry>(_objects.Count);
            foreach (var entry in _objects.Values)
            {
                if (!IsAlive(entry))
                    continue;
                list.Add(new TierEntry(
                    entry.Key,
                    entry.Chunk.Tenant,
                    entry.Chunk.FirstToken,
                    entry.Chunk.Tokens.Length,
                    entry.Bytes,
                    now - _time.GetElapsedTime(entry.Created, stamp),
                    now - _time.GetElapsedTime(entry.LastUse, stamp),
                    entry.Uses,
                    entry.Pins > 0));
            }

            return list;
        }
    }

    public TierStatus Status(long failures, long readBytes, long writtenBytes)
    {
        lock (_gate)
        {
            ExpirePins();
            return new TierStatus
            {
                Objects = _objects.Count,
                Bytes = _bytes,
                CapacityBytes = _limits.CapacityBytes,
                Pins = _pins.Count,
                ExpiredPins = _expiredPins,
                Stored = _stored,
                Refused = _refused,
                Evicted = _evicted,
                Expired = _expired,
                Damaged = _damaged,
                Failures = failures,
                ReadBytes = readBytes,
                WrittenBytes = writtenBytes,
            };
        }
    }

    /// <summary>Drops every object; those pinned or read go with the last of these.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            foreach (var entry in _objects.Values.ToArray())
                Forget(entry);
        }
    }

    private void Release(TierPin pin)
    {
        lock (_gate)
        {
            if (_pins.Remove(pin, out var entry))
                Unpin(entry);
        }
    }

    private void Unpin(TierObject<T> entry)
    {
        entry.Pins--;
        DropIfUnused(entry);
    }

    /// <summary>True for an object that can be found; one whose time has passed is dropped here.</summary>
    private bool IsAlive(TierObject<T> entry)
    {
        if (entry.Payload is null)
            return false;
        if (_limits.Of(entry.Chunk.Tenant).TimeToLive is not { } life || entry.Pins > 0 || _time.GetElapsedTime(entry.Created) <= life)
            return true;
        _expired++;
        Forget(entry);
        return false;
    }

    private bool MakeRoom(string tenant, long bytes, long? quota)
    {
        ExpirePins();
        while (quota is { } most && _tenantBytes.GetValueOrDefault(tenant) + bytes > most)
        {
            if (!Evict(tenant))
                return false;
        }

        while (_bytes + bytes > _limits.CapacityBytes)
        {
            if (!Evict(tenant: null))
                return false;
        }

        return true;
    }

    private bool Evict(string? tenant)
    {
        if (!_policy.TryChooseVictim(Seconds(_time.GetTimestamp()), MayEvict, out var victim))
            return false;
        _evicted++;
        Forget(_objects[victim]);
        return true;

        bool MayEvict(BlockKey key) =>
            _objects.TryGetValue(key, out var entry) && entry.IsEvictable && (tenant is null || entry.Chunk.Tenant == tenant);
    }

    private void ExpirePins()
    {
        var now = _time.GetTimestamp();
        List<TierPin>? expired = null;
        foreach (var pin in _pins.Keys)
        {
            if (pin.Expires <= now)
                (expired ??= []).Add(pin);
        }

        foreach (var pin in expired ?? [])
        {
            _expiredPins++;
            Unpin(_pins[pin]);
            _pins.Remove(pin);
        }
    }

    private void Forget(TierObject<T> entry)
    {
        _objects.Remove(entry.Key);
        _policy.Remove(entry.Key);
        entry.IsRemoved = true;
        DropIfUnused(entry);
    }

    private void DropIfUnused(TierObject<T> entry)
    {
        if (!entry.IsRemoved || entry.Pins > 0 || entry.Readers > 0 || entry.Payload is not { } payload)
            return;
        entry.Payload = null;
        Count(entry, -1);
        _drop(payload);
    }

    private void Count(TierObject<T> entry, int sign)
    {
        _bytes += sign * entry.Bytes;
        var left = _tenantBytes.GetValueOrDefault(entry.Chunk.Tenant) + (sign * entry.Bytes);
        if (left == 0)
            _tenantBytes.Remove(entry.Chunk.Tenant);
        else
            _tenantBytes[entry.Chunk.Tenant] = left;
    }

    private double Seconds(long timestamp) => (double)(timestamp - _start) / _time.TimestampFrequency;
}

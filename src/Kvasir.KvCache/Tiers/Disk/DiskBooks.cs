using System.Runtime.InteropServices;
using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Retention;

namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>
/// Who is there, who holds what, and how much room is left. Knows no files: what has left is put on <see cref="Doomed"/>, for the tier to
/// delete. One thread at a time uses it (the tier's lock).
/// </summary>
internal sealed class DiskBooks(DiskTierOptions options, ICachePolicy policy)
{
    private readonly Dictionary<BlockKey, DiskEntry> _entries = [];
    private readonly Dictionary<string, long> _tenantBytes = new(StringComparer.Ordinal);
    private readonly HashSet<DiskEntry> _leaving = [];
    private readonly HashSet<BlockKey> _storing = [];
    private readonly TimeProvider _clock = options.Clock;
    private readonly DateTimeOffset _openedAt = options.Clock.GetUtcNow();
    private readonly long _openedTimestamp = options.Clock.GetTimestamp();

    /// <summary>Entries whose files are to be deleted. Their bytes do not count any more.</summary>
    public List<DiskEntry> Doomed { get; } = [];

    public PinBook Pins { get; } = new(options.Clock);

    public IReadOnlyCollection<DiskEntry> Entries => _entries.Values;

    /// <summary>Bytes of all files, those included that are being written or read for the last time.</summary>
    public long Bytes { get; private set; }

    public long Evicted { get; private set; }

    public long Expired { get; private set; }

    /// <summary>True when the index file does not know everything.</summary>
    public bool Dirty { get; set; }

    /// <summary>Now, by a clock that never goes back while the tier is open.</summary>
    public DateTimeOffset Now => _openedAt + _clock.GetElapsedTime(_openedTimestamp);

    private double Seconds => (Now - DateTimeOffset.UnixEpoch).TotalSeconds;

    /// <summary>Finds an object that is there and whose time has not passed.</summary>
    public DiskEntry? Find(BlockKey key)
    {
        if (!_entries.TryGetValue(key, out var entry))
            return null;
        if (!IsOver(entry, Now))
            return entry;
        Hide(entry);
        Expired++;
        return null;
    }

    public void Use(DiskEntry entry)
    {
        entry.Uses++;
        entry.LastUse = Now;
        policy.Use(entry.Key, Seconds);
        Dirty = true;
    }

    /// <summary>Begins a store: claims its room. Null when the object is there, or somebody stores it now; false when there is no room.</summary>
    public bool? TryBegin(ChunkDescriptor chunk, long bytes)
    {
        EndOldPins();
        if (Find(chunk.Key) is not null || _storing.Contains(chunk.Key))
            return null;
        if (!MakeRoom(chunk.Tenant, bytes))
            return false;
        _storing.Add(chunk.Key);
        Count(chunk.Tenant, bytes);
        return true;
    }

    /// <summary>Ends a store; with null it came to nothing.</summary>
    public void End(ChunkDescriptor chunk, long bytes, DiskEntry? stored)
    {
        _storing.Remove(chunk.Key);
        Count(chunk.Tenant, -bytes);
        if (stored is not null)
            Add(stored);
    }

    /// <summary>Takes an object into the books.</summary>
    public void Add(DiskEntry entry)
    {
        _entries.Add(entry.Key, entry);
        Count(entry.Tenant, entry.Bytes);
        policy.Add(entry.Key, new CacheObject(entry.Bytes, entry.FirstToken, entry.PromptTokens, (entry.LastUse - DateTimeOffset.UnixEpoch).TotalSeconds));
        Dirty = true;
    }

    /// <summary>Evicts until at least so many bytes are free; false when nothing may be evicted any more.</summary>
    public bool Evict(long bytes, string? tenant = null)
    {
        while (bytes > 0)
        {
            if (!policy.TryChooseVictim(Seconds, key => MayEvict(key, tenant), out var key) || !_entries.TryGetValue(key, out var victim))
                return false;
            bytes -= victim.Bytes;
            Hide(victim);
            Evicted++;
        }

        return true;
    }

    /// <summary>Makes an object not found; its file goes when nobody holds it.</summary>
    public void Hide(DiskEntry entry)
    {
        if (entry.Hidden)
            return;
        entry.Hidden = true;
        _entries.Remove(entry.Key);
        policy.Remove(entry.Key);
        Dirty = true;
        if (entry.Pins > 0)
            _leaving.Add(entry);
        else
            Doom(entry);
    }

    public TierPin Pin(DiskEntry entry, string owner, TimeSpan lifetime, Action<TierPin> release)
    {
        Use(entry);
        return Pins.Add(entry, owner, lifetime, release);
    }

    public void Unpin(TierPin pin)
    {
        EndOldPins();
        if (Pins.Remove(pin) is { } entry)
            AfterPin(entry);
    }

    public void EndOldPins()
    {
        while (Pins.TryExpire(out var entry))
            AfterPin(entry);
    }

    public void EndAllPins()
    {
        while (Pins.TryTakeAny(out var entry))
            AfterPin(entry);
    }

    /// <summary>Closes an object's file unless somebody holds a pin on it.</summary>
    public static void CloseUnheld(DiskEntry entry)
    {
        if (entry.Pins == 0)
            Close(entry);
    }

    /// <summary>Drops all objects whose time has passed.</summary>
    public void EndOldObjects()
    {
        var now = Now;
        foreach (var entry in _entries.Values.Where(entry => IsOver(entry, now)).ToArray())
        {
            Hide(entry);
            Expired++;
        }
    }

    /// <summary>A file that could not be deleted: it takes room again, and is tried again.</summary>
    public void NotDeleted(DiskEntry entry)
    {
        Count(entry.Tenant, entry.Bytes);
        _leaving.Add(entry);
    }

    /// <summary>Puts what could not be deleted on the list again.</summary>
    public void TryAgain()
    {
        foreach (var entry in _leaving.Where(entry => entry.Pins == 0).ToArray())
        {
            _leaving.Remove(entry);
            Doom(entry);
        }
    }

    /// <summary>Throws when the numbers do not agree with the entries. For tests; no store may be under way.</summary>
    public void CheckIntegrity()
    {
        var all = _entries.Values.Concat(_leaving).ToArray();
        var sum = all.Sum(entry => entry.Bytes);
        if (sum != Bytes)
            throw new InvalidOperationException($"{Bytes} bytes are counted, and the objects have {sum}");
        foreach (var group in all.GroupBy(entry => entry.Tenant))
        {
            if (_tenantBytes.GetValueOrDefault(group.Key) != group.Sum(entry => entry.Bytes))
                throw new InvalidOperationException($"tenant {group.Key}: {_tenantBytes.GetValueOrDefault(group.Key)} bytes are counted");
        }

        if (_tenantBytes.Count != all.Select(entry => entry.Tenant).Distinct().Count() || _storing.Count > 0)
            throw new InvalidOperationException("bytes are counted for a tenant without objects, or a store has not ended");
        if (all.Sum(entry => entry.Pins) != Pins.Count)
            throw new InvalidOperationException($"{Pins.Count} pins are counted, and the objects have {all.Sum(entry => entry.Pins)}");
    }

    private bool MakeRoom(string tenant, long bytes)
    {
        if (bytes > options.CapacityBytes)
            return false;
        if (LimitOf(tenant).QuotaBytes is { } quota)
        {
            if (bytes > quota || !Evict(bytes + _tenantBytes.GetValueOrDefault(tenant) - quota, tenant))
                return false;
        }

        return Evict(Bytes - (options.CapacityBytes - bytes));
    }

    private bool MayEvict(BlockKey key, string? tenant) =>
        _entries.TryGetValue(key, out var entry) && entry.Pins == 0 && entry.KeptBy is null && (tenant is null || entry.Tenant == tenant);

    private bool IsOver(DiskEntry entry, DateTimeOffset now) =>
        entry.KeptBy is null && (LimitOf(entry.Tenant).TimeToLive ?? options.TimeToLive) is { } life && now - entry.Created >= life;

    private TenantLimit LimitOf(string tenant) => options.Tenants.GetValueOrDefault(tenant, options.OtherTenants);

    private void AfterPin(DiskEntry entry)
    {
        if (entry.Pins == 0 && _leaving.Remove(entry))
            Doom(entry);
        else
            CloseUnheld(entry);
    }

    private void Doom(DiskEntry entry)
    {
        Count(entry.Tenant, -entry.Bytes);
        Close(entry);
        Doomed.Add(entry);
    }

    private static void Close(DiskEntry entry)
    {
        lock (entry.FileGate)
        {
            entry.File?.Dispose();
            entry.File = null;
        }
    }

    private void Count(string tenant, long bytes)
    {
        Bytes += bytes;
        ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(_tenantBytes, tenant, out _);
        sum += bytes;
        if (sum == 0)
            _tenantBytes.Remove(tenant);
    }
}

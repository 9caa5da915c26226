using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Tiers;
using Kvasir.KvCache.Tiers.Disk;

namespace Kvasir.KvCache.Tests.Tiers.Disk;

/// <summary>What a disk tier should do, said plainly: two lists, and the least recently used goes first.</summary>
internal sealed class DiskTierModel(DiskTierOptions options, TimeProvider clock)
{
    private readonly List<ModelObject> _there = [];
    private readonly List<ModelObject> _hidden = [];

    public long Objects => _there.Count;

    public long Bytes => _there.Concat(_hidden).Sum(item => item.Bytes);

    public int Pins => _there.Concat(_hidden).Sum(item => item.Pins.Count);

    public IEnumerable<BlockKey> Keys => _there.Select(item => item.Key);

    private DateTimeOffset Now => clock.GetUtcNow();

    public StoreResult Store(TestChunk chunk)
    {
        var (tenant, bytes) = (chunk.Descriptor.Tenant, ObjectLayout.FileBytes(options.Identity.Geometry, chunk.Descriptor.Tokens.Length));
        if (Find(chunk.Descriptor.Key) is not null)
            return StoreResult.Present;
        if (options.Tenants.TryGetValue(tenant, out var limit) && limit.QuotaBytes is { } quota)
        {
            if (!Evict(item => item.Tenant == tenant, () => _there.Concat(_hidden).Where(item => item.Tenant == tenant).Sum(item => item.Bytes) + bytes <= quota))
                return StoreResult.NoRoom;
        }

        if (!Evict(_ => true, () => Bytes + bytes <= options.CapacityBytes))
            return StoreResult.NoRoom;
        _there.Add(new ModelObject(chunk.Descriptor.Key, tenant, bytes, Now));
        return StoreResult.Stored;
    }

    public ModelPin? Pin(BlockKey key, TimeSpan lifetime)
    {
        if (Find(key) is not { } found)
            return null;
        found.LastUse = Now;
        var pin = new ModelPin(found, Now + lifetime);
        found.Pins.Add(pin);
        return pin;
    }

    public static bool Holds(ModelPin pin) => pin.Object.Pins.Contains(pin);

    public void Unpin(ModelPin pin)
    {
        pin.Object.Pins.Remove(pin);
        DropUnheld();
    }

    public bool Remove(BlockKey key)
    {
        if (Find(key) is not { } found)
            return false;
        Hide(found);
        return true;
    }

    public bool Contains(BlockKey key) => Find(key) is not null;

    public bool Keep(BlockKey key, bool keep)
    {
        if (Find(key) is not { } found || (!keep && !found.Kept))
            return false;
        found.Kept = keep;
        return true;
    }

    public void EndOldPins()
    {
        foreach (var item in _there.Concat(_hidden))
            item.Pins.RemoveAll(pin => pin.End <= Now);
        DropUnheld();
    }

    public void Maintain()
    {
        foreach (var item in _there.Where(IsOver).ToArray())
            Hide(item);
    }

    public void Reopen()
    {
        foreach (var item in _there.Concat(_hidden))
            item.Pins.Clear();
        DropUnheld();
        Maintain();
    }

    private ModelObject? Find(BlockKey key)
    {
        var found = _there.Find(item => item.Key == key);
        if (found is null || !IsOver(found))
            return found;
        Hide(found);
        return null;
    }

    private bool IsOver(ModelObject item) =>
        !item.Kept && options.Tenants.GetValueOrDefault(item.Tenant)?.TimeToLive is { } life && Now - item.Created >= life;

    private bool Evict(Func<ModelObject, bool> mayEvict, Func<bool> enough)
    {
        while (!enough())
        {
            var victim = _there.Where(item => mayEvict(item) && item.Pins.Count == 0 && !item.Kept).MinBy(item => item.LastUse);
            if (victim is null)
                return false;
            Hide(victim);
        }

        return true;
    }

    private void Hide(ModelObject item)
    {
        _there.Remove(item);
        _hidden.Add(item);
        DropUnheld();
    }

    private void DropUnheld() => _hidden.RemoveAll(item => item.Pins.Count == 0);
}

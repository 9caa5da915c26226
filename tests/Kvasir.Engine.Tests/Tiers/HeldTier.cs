using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Tiers;

namespace Kvasir.Engine.Tests.Tiers;

/// <summary>A tier whose reads wait until the test lets them go, or fail when it says so.</summary>
internal sealed unsafe class HeldTier(IKvTier inner) : IKvTier
{
    private readonly object _gate = new();
    private int _openGroups = int.MaxValue;
    private int _waiting;

    /// <summary>Reads fail.</summary>
    public bool Fails { get; set; }

    public string Name => inner.Name;

    public ChunkGeometry Geometry => inner.Geometry;

    public TierStatus Status => inner.Status;

    /// <summary>Reads of the first <paramref name="groups"/> runs of layers go on, others wait.</summary>
    public void Open(int groups)
    {
        lock (_gate)
        {
            _openGroups = groups;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits until a read waits.</summary>
    public void AwaitWaiter()
    {
        lock (_gate)
        {
            while (_waiting == 0)
                Assert.True(Monitor.Wait(_gate, TimeSpan.FromMinutes(1)), "nothing was read");
        }
    }

    public bool Contains(BlockKey key) => inner.Contains(key);

    public TierPin? TryPin(BlockKey key, string owner, TimeSpan lifetime) => inner.TryPin(key, owner, lifetime);

    public ChunkDescriptor Describe(TierPin pin) => inner.Describe(pin);

    public void Read(TierPin pin, int group, int block, byte* destination)
    {
        lock (_gate)
        {
            _waiting++;
            Monitor.PulseAll(_gate);
            while (group >= _openGroups)
                Monitor.Wait(_gate);
            _waiting--;
        }

        if (Fails)
            throw new TierException(TierFault.Unavailable, "the medium fails");
        inner.Read(pin, group, block, destination);
    }

    public StoreResult Store(ChunkDescriptor chunk, IChunkSource source) => inner.Store(chunk, source);

    public bool Remove(BlockKey key) => inner.Remove(key);

    public IReadOnlyList<TierEntry> List() => inner.List();

    public void Dispose() => inner.Dispose();
}

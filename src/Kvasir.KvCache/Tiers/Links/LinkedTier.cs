using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Tiers.Links;

/// <summary>
/// A tier behind a slower link: each read and each store takes at least as long as the link says, one after the other. Stands in for
/// PCIe or a network in measurements and tests.
/// </summary>
/// <param name="inner">The tier; disposed with this one.</param>
/// <param name="link">The link.</param>
/// <param name="time">Source of time.</param>
public sealed unsafe class LinkedTier(IKvTier inner, LinkModel link, TimeProvider? time = null) : IKvTier
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _gate = new();
    private double _freeFrom;

    /// <inheritdoc/>
    public string Name => inner.Name;

    /// <inheritdoc/>
    public ChunkGeometry Geometry => inner.Geometry;

    /// <inheritdoc/>
    public TierStatus Status => inner.Status;

    /// <inheritdoc/>
    public bool Contains(BlockKey key) => inner.Contains(key);

    /// <inheritdoc/>
    public TierPin? TryPin(BlockKey key, string owner, TimeSpan lifetime) => inner.TryPin(key, owner, lifetime);

    /// <inheritdoc/>
    public ChunkDescriptor Describe(TierPin pin) => inner.Describe(pin);

    /// <inheritdoc/>
    public void Read(TierPin pin, int group, int block, byte* destination)
    {
        var end = Reserve(Geometry.RecordBytes(group));
        inner.Read(pin, group, block, destination);
        WaitUntil(end);
    }

    /// <inheritdoc/>
    public StoreResult Store(ChunkDescriptor chunk, IChunkSource source)
    {
        var end = Reserve(Geometry.Bytes(chunk.Tokens.Length / Geometry.Layout.BlockRows));
        var result = inner.Store(chunk, source);
        WaitUntil(end);
        return result;
    }

    /// <inheritdoc/>
    public bool Remove(BlockKey key) => inner.Remove(key);

    /// <inheritdoc/>
    public void Maintain() => inner.Maintain();

    /// <inheritdoc/>
    public IReadOnlyList<TierEntry> List() => inner.List();

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();

    /// <summary>Takes the link for a copy; returns when the copy ends, seconds.</summary>
    private double Reserve(long bytes)
    {
        lock (_gate)
            return _freeFrom = link.EndsAt(bytes, Now, _freeFrom);
    }

    private double Now => (double)_time.GetTimestamp() / _time.TimestampFrequency;

    private void WaitUntil(double end)
    {
        var left = end - Now;
        if (left > 0)
            Thread.Sleep(TimeSpan.FromSeconds(left));
    }
}

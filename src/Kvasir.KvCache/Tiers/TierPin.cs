using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Tiers;

/// <summary>
/// A promise of a tier to keep an object for somebody, for a while. It has an owner, ends when disposed or when its lifetime has passed,
/// and belongs to one look-up: no other's retrieval or removal spends it.
/// </summary>
public sealed class TierPin : IDisposable
{
    private readonly Action<TierPin> _release;
    private int _disposed;

    internal TierPin(BlockKey key, string owner, long expires, Action<TierPin> release)
    {
        Key = key;
        Owner = owner;
        Expires = expires;
        _release = release;
    }

    /// <summary>The object.</summary>
    public BlockKey Key { get; }

    /// <summary>Who holds it, for messages.</summary>
    public string Owner { get; }

    /// <summary>Timestamp of the tier's clock at which it ends by itself.</summary>
    internal long Expires { get; }

    /// <summary>True once disposed.</summary>
    public bool IsReleased => Volatile.Read(ref _disposed) != 0;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            _release(this);
    }
}

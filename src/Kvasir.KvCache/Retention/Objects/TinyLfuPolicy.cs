using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Retention.Objects;

/// <summary>
/// W-TinyLFU (Einziger, Friedman and Manes 2017; the window as in Caffeine): a small window for what is new, a segmented main area, and
/// admission from one to the other by how often keys were seen, those that were evicted included.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>Objects come into the window, ordered by recency.</item>
/// <item>When the window has more than its share of the bytes, its oldest meets the main area's next victim; the one that was seen less
/// often goes, and an object that wins moves to the main area. One that is larger than its victim meets further ones at the next calls.</item>
/// <item>The main area is a segmented LRU: a use in probation brings an object to the protected segment (80 % of the main area), whose
/// oldest returns to probation when it overflows.</item>
/// <item>Counts are halved once ten times as many sights as objects have been counted. The window's share begins at 1 % and climbs
/// towards what finds more.</item>
/// </list>
/// Unlike Caffeine it has no random admission: the same calls give the same victims.
/// </remarks>
public sealed class TinyLfuPolicy : ICachePolicy
{
    private const double ProtectedShare = 0.8;

    private readonly ObjectBook _book = new();
    private readonly ObjectList _window = new();
    private readonly ObjectList _probation = new();
    private readonly ObjectList _protected = new();
    private readonly FrequencySketch _sketch = new();
    private readonly WindowClimber _climber = new();

    /// <inheritdoc/>
    public string Name => "tinylfu";

    /// <summary>Bytes of its counters.</summary>
    internal long SketchBytes => _sketch.Bytes;

    private long MainBytes => _probation.Bytes + _protected.Bytes;

    private double WindowBytes => _climber.Share * (_window.Bytes + MainBytes);

    /// <inheritdoc/>
    public void Add(BlockKey key, in CacheObject facts)
    {
        _window.Add(_book.Add(key, facts));
        Seen(key, hit: false);
    }

    /// <inheritdoc/>
    public void Use(BlockKey key, double seconds, int promptTokens = 0)
    {
        if (!_book.TryFind(key, out var node))
            return;
        Seen(key, hit: true);
        if (node.List == _probation)
            Move(node, _protected);
        else
            node.List!.Renew(node);
        while (_protected.Count > 1 && _protected.Bytes > ProtectedShare * MainBytes)
            Move(_protected.Oldest!, _probation);
    }

    /// <inheritdoc/>
    public void Remove(BlockKey key)
    {
        if (_book.TryRemove(key, out var node, out _))
            node.List!.Remove(node);
    }

    /// <inheritdoc/>
    public bool TryChooseVictim(double seconds, Func<BlockKey, bool> mayEvict, out BlockKey victim)
    {
        FillMain();
        var resident = _probation.OldestAllowed(mayEvict) ?? _protected.OldestAllowed(mayEvict);
        var candidate = resident is null || _window.Bytes > WindowBytes ? _window.OldestAllowed(mayEvict) : null;
        if (candidate is null || resident is null)
            return _book.Answer(candidate ?? resident, out victim);
        if (_sketch.Estimate(candidate.Key.Mix()) <= _sketch.Estimate(resident.Key.Mix()))
            return _book.Answer(candidate, out victim);
        Move(candidate, _probation);
        return _book.Answer(resident, out victim);
    }

    private void Seen(BlockKey key, bool hit)
    {
        _sketch.Raise(key.Mix(), _book.Count);
        _climber.Count(hit, _book.Count);
    }

    /// <summary>While the main area has room, nobody needs to leave for the window's oldest.</summary>
    private void FillMain()
    {
        var mainBytes = _window.Bytes + MainBytes - WindowBytes;
        while (_window.Oldest is { } oldest && _window.Bytes > WindowBytes && MainBytes + oldest.Bytes <= mainBytes)
            Move(oldest, _probation);
    }

    private static void Move(ObjectNode node, ObjectList to)
    {
        node.List!.Remove(node);
        to.Add(node);
    }
}

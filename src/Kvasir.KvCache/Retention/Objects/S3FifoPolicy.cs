using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Retention.Objects;

/// <summary>
/// Three static queues (Yang et al. 2023, "FIFO queues are all you need for cache eviction", S3-FIFO): most objects that come are never
/// used again, and leave quickly through the small queue.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>An object comes into the small queue, or into the main queue when the ghosts remember that it was evicted lately.</item>
/// <item>A use counts up to three and moves nothing.</item>
/// <item>While the small queue has at least a tenth of the bytes, its oldest goes: to the main queue if it was used more than once, else
/// out, leaving its key among the ghosts.</item>
/// <item>Otherwise the oldest of the main queue goes: back to its start with one use less, or out if it has none.</item>
/// <item>Ghosts are at most as many as objects are there, and stand for at most the bytes that the main queue may have.</item>
/// </list>
/// </remarks>
public sealed class S3FifoPolicy : ICachePolicy
{
    private const double SmallShare = 0.1;
    private const int MostUses = 3;

    private readonly ObjectBook _book = new();
    private readonly ObjectList _small = new();
    private readonly ObjectList _main = new();
    private readonly GhostQueue _ghosts = new();

    /// <inheritdoc/>
    public string Name => "s3-fifo";

    private long Bytes => _small.Bytes + _main.Bytes;

    /// <summary>Keys that are remembered of evicted objects.</summary>
    internal int Ghosts => _ghosts.Count;

    /// <inheritdoc/>
    public void Add(BlockKey key, in CacheObject facts)
    {
        var node = _book.Add(key, facts);
        (_ghosts.Remove(key) ? _main : _small).Add(node);
    }

    /// <inheritdoc/>
    public void Use(BlockKey key, double seconds, int promptTokens = 0)
    {
        if (_book.TryFind(key, out var node))
            node.Uses = Math.Min(node.Uses + 1, MostUses);
    }

    /// <inheritdoc/>
    public void Remove(BlockKey key)
    {
        if (!_book.TryRemove(key, out var node, out var evicted))
            return;
        if (evicted && node.List == _small)
            _ghosts.Add(key, node.Bytes);
        node.List!.Remove(node);
        _ghosts.Trim(_book.Count, (long)((1 - SmallShare) * Bytes));
    }

    /// <inheritdoc/>
    public bool TryChooseVictim(double seconds, Func<BlockKey, bool> mayEvict, out BlockKey victim)
    {
        var smallFirst = _small.Bytes >= SmallShare * Bytes;
        var node = smallFirst ? FromSmall(mayEvict) ?? FromMain(mayEvict) : FromMain(mayEvict) ?? FromSmall(mayEvict);
        return _book.Answer(node, out victim);
    }

    private ObjectNode? FromSmall(Func<BlockKey, bool> mayEvict)
    {
        var node = _small.Oldest;
        while (node is not null)
        {
            var next = node.Newer;
            if (node.Uses > 1)
            {
                _small.Remove(node);
                node.Uses = 0;
                _main.Add(node);
                if (_small.Bytes < SmallShare * Bytes && FromMain(mayEvict) is { } victim)
                    return victim;
            }
            else if (mayEvict(node.Key))
            {
                return node;
            }

            node = next;
        }

        return null;
    }

    private ObjectNode? FromMain(Func<BlockKey, bool> mayEvict)
    {
        // Uses are at most three, so the fourth round finds an unused one if any may go.
        for (var round = 0; round <= MostUses; round++)
        {
            var left = _main.Count;
            var node = _main.Oldest;
            for (; left > 0 && node is not null; left--)
            {
                var next = node.Newer;
                if (mayEvict(node.Key))
                {
                    if (node.Uses == 0)
                        return node;
                    node.Uses--;
                    _main.Renew(node);
                }

                node = next;
            }
        }

        return null;
    }
}

using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Retention.Objects;

/// <summary>
/// The object that was used least often goes first, with aging (LFU-DA: Arlitt et al. 2000, "Evaluating content management techniques for
/// Web proxy caches").
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>An object's priority is its number of uses, its coming included, plus the age of the cache when it was last used.</item>
/// <item>The lowest priority goes first, the least recently used one where they are equal.</item>
/// <item>The age of the cache is the priority of what was evicted last: what was once hot and is no longer used is passed by newer
/// objects in time.</item>
/// </list>
/// </remarks>
public sealed class LfuPolicy : ICachePolicy
{
    private readonly ObjectBook _book = new();
    private readonly ObjectHeap _heap = new();
    private double _age;
    private long _operations;

    /// <inheritdoc/>
    public string Name => "lfu";

    /// <inheritdoc/>
    public void Add(BlockKey key, in CacheObject facts)
    {
        var node = _book.Add(key, facts);
        Count(node);
        _heap.Add(node);
    }

    /// <inheritdoc/>
    public void Use(BlockKey key, double seconds, int promptTokens = 0)
    {
        if (!_book.TryFind(key, out var node))
            return;
        Count(node);
        _heap.Changed(node);
    }

    /// <inheritdoc/>
    public void Remove(BlockKey key)
    {
        if (!_book.TryRemove(key, out var node, out var evicted))
            return;
        _heap.Remove(node);
        if (evicted)
            _age = Math.Max(_age, node.Priority);
    }

    /// <inheritdoc/>
    public bool TryChooseVictim(double seconds, Func<BlockKey, bool> mayEvict, out BlockKey victim) =>
        _book.Answer(_heap.FirstAllowed(mayEvict, double.PositiveInfinity), out victim);

    private void Count(ObjectNode node)
    {
        node.Uses++;
        node.Priority = node.Uses + _age;
        node.Order = _operations++;
    }
}

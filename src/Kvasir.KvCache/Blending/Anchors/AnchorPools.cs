using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Blending.Anchors;

/// <summary>
/// The anchor pools of one tenant, by placeholder. Requests read views that do not change while they run; what they found out is taken over when
/// none is running, in the order in which they began, so that running several at once gives what running them one by one would.
/// </summary>
public sealed class AnchorPools
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, AnchorPool> _pools = new(StringComparer.Ordinal);
    private readonly List<AnchorView> _ended = [];
    private long _begun;
    private int _running;

    /// <summary>Makes pools without anchors.</summary>
    /// <param name="scope">Whose rows they hold; no others may come in.</param>
    /// <param name="settings">Parameters.</param>
    /// <exception cref="ArgumentException">A parameter makes no sense.</exception>
    public AnchorPools(CacheScope scope, AnchorSettings settings)
    {
        settings.Validate();
        (Scope, Settings) = (scope, settings);
    }

    /// <summary>Whose rows they hold.</summary>
    public CacheScope Scope { get; }

    /// <summary>Parameters.</summary>
    public AnchorSettings Settings { get; }

    /// <summary>Anchors of all pools.</summary>
    public int Count => Sum(pool => pool.Anchors.Count);

    /// <summary>Anchors of the fullest pool.</summary>
    public int Fullest => Read(pools => pools.Select(pool => pool.Anchors.Count).DefaultIfEmpty().Max());

    /// <summary>Anchors that had to go.</summary>
    public int Evicted => Sum(pool => (int)pool.Evicted);

    /// <summary>Memory of the anchors, bytes.</summary>
    public long Bytes => Read(pools => pools.Sum(pool => pool.Anchors.Sum(anchor => anchor.Bytes)));

    /// <summary>The anchors of a placeholder as they are now, oldest first.</summary>
    public IReadOnlyList<Anchor> Anchors(string placeholder)
    {
        lock (_gate)
            return _pools.TryGetValue(placeholder, out var pool) ? pool.Anchors : [];
    }

    /// <summary>Begins a request; it must be ended.</summary>
    public AnchorView Begin()
    {
        lock (_gate)
        {
            _running++;
            return new AnchorView(_begun++, Settings, _pools.ToDictionary(pair => pair.Key, pair => pair.Value.Anchors, StringComparer.Ordinal));
        }
    }

    /// <summary>Ends a request. When no other runs, what all ended ones found out is taken over.</summary>
    /// <param name="view">What it began with.</param>
    /// <exception cref="ArgumentException">It has ended already.</exception>
    public void End(AnchorView view)
    {
        lock (_gate)
        {
            if (!view.TryEnd())
                throw new ArgumentException("the request has ended already", nameof(view));
            _ended.Add(view);
            if (--_running > 0)
                return;
            foreach (var ended in _ended.OrderBy(ended => ended.Number))
            {
                foreach (var (placeholder, uses, added) in ended.Changes())
                {
                    if (!_pools.TryGetValue(placeholder, out var pool))
                        _pools.Add(placeholder, pool = new AnchorPool(Settings));
                    pool.Commit(uses, added);
                }
            }

            _ended.Clear();
        }
    }

    private int Sum(Func<AnchorPool, int> count) => Read(pools => pools.Sum(count));

    private T Read<T>(Func<IEnumerable<AnchorPool>, T> read)
    {
        lock (_gate)
            return read(_pools.Values);
    }
}

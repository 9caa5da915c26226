namespace Kvasir.KvCache.Blending.Anchors;

/// <summary>The anchors of a placeholder, oldest first. What it holds is replaced, never changed: a view of it stays what it is.</summary>
public sealed class AnchorPool
{
    private readonly AnchorSettings _settings;
    private Anchor[] _anchors = [];
    private long _order;

    /// <summary>Makes an empty pool.</summary>
    public AnchorPool(AnchorSettings settings)
    {
        settings.Validate();
        _settings = settings;
    }

    /// <summary>The anchors as they are now.</summary>
    public IReadOnlyList<Anchor> Anchors => Volatile.Read(ref _anchors);

    /// <summary>Anchors that had to go.</summary>
    public long Evicted { get; private set; }

    /// <summary>Takes over what requests did: uses first, then new anchors in their order; one that is there already gets offsets that it lacks.</summary>
    /// <param name="uses">How often anchors were used, by their names.</param>
    /// <param name="added">New anchors, and offsets for old ones.</param>
    /// <remarks>One caller at a time.</remarks>
    public void Commit(IReadOnlyDictionary<string, long> uses, IReadOnlyList<Anchor> added)
    {
        var anchors = _anchors.Select(anchor => uses.TryGetValue(anchor.Id, out var more) ? anchor with { Uses = anchor.Uses + more } : anchor).ToList();
        foreach (var anchor in added)
        {
            var known = anchors.FindIndex(other => other.Id == anchor.Id);
            if (known >= 0)
                anchors[known] = anchors[known] with { Offsets = anchor.Offsets.AddRange(anchors[known].Offsets.Where(pair => !anchor.Offsets.ContainsKey(pair.Key))) };
            else
                Insert(anchors, anchor);
        }

        Volatile.Write(ref _anchors, [.. anchors]);
    }

    private void Insert(List<Anchor> anchors, Anchor anchor)
    {
        anchors.Add(anchor with { Order = _order++, Uses = 0 });
        while (anchors.Count > _settings.Capacity)
        {
            var victim = 0;
            for (var i = 1; i < Math.Min(_settings.Window, anchors.Count); i++)
            {
                if (anchors[i].Uses < anchors[victim].Uses)
                    victim = i;
            }

            anchors.RemoveAt(victim);
            Evicted++;
        }
    }
}

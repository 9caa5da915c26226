using System.Collections.Immutable;

namespace Kvasir.KvCache.Blending.Anchors;

/// <summary>What a request sees of the anchor pools, which does not change while it runs, and what it has found out itself. Used by several threads.</summary>
public sealed class AnchorView
{
    private readonly Lock _gate = new();
    private readonly AnchorSettings _settings;
    private readonly Dictionary<string, IReadOnlyList<Anchor>> _anchors;
    private readonly Dictionary<string, List<Anchor>> _added = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<string, long>> _uses = new(StringComparer.Ordinal);
    private bool _ended;

    internal AnchorView(long number, AnchorSettings settings, Dictionary<string, IReadOnlyList<Anchor>> anchors)
    {
        (Number, _settings, _anchors) = (number, settings, anchors);
    }

    internal long Number { get; }

    /// <summary>The anchors of a placeholder, oldest first.</summary>
    public IReadOnlyList<Anchor> Anchors(string placeholder) => _anchors.TryGetValue(placeholder, out var anchors) ? anchors : [];

    /// <summary>Compares a text with the anchors; when it may borrow from them, those that it leans on count as used.</summary>
    public AnchorPrediction Predict(string placeholder, FreeRows sample)
    {
        var prediction = AnchorPrediction.Predict(sample, Anchors(placeholder), _settings);
        if (!prediction.IsShareable)
            return prediction;
        lock (_gate)
        {
            var uses = Of(_uses, placeholder);
            foreach (var anchor in prediction.Nucleus(_settings.Nucleus))
                uses[anchor.Id] = uses.GetValueOrDefault(anchor.Id) + 1;
        }

        return prediction;
    }

    /// <summary>The offsets of exactly this text at this place, in the pools or found out by this request; null when they are not known.</summary>
    public AnchorOffsets? Find(string placeholder, string id, OffsetKey key)
    {
        lock (_gate)
        {
            var anchor = Added(placeholder).Find(anchor => anchor.Id == id && anchor.Offsets.ContainsKey(key))
                ?? Anchors(placeholder).FirstOrDefault(anchor => anchor.Id == id && anchor.Offsets.ContainsKey(key));
            return anchor?.Offsets[key];
        }
    }

    /// <summary>Keeps the offsets of a text: it becomes an anchor, or its anchor learns of another place.</summary>
    public void Add(string placeholder, string id, FreeRows baseRows, OffsetKey key, AnchorOffsets offsets)
    {
        lock (_gate)
        {
            if (!_added.TryGetValue(placeholder, out var added))
                _added.Add(placeholder, added = []);
            var known = added.FindIndex(anchor => anchor.Id == id);
            if (known < 0)
                added.Add(new Anchor { Id = id, Base = baseRows, Offsets = ImmutableDictionary<OffsetKey, AnchorOffsets>.Empty.Add(key, offsets) });
            else
                added[known] = added[known] with { Offsets = added[known].Offsets.SetItem(key, offsets) };
        }
    }

    internal bool TryEnd()
    {
        lock (_gate)
            return !_ended && (_ended = true);
    }

    /// <summary>By placeholder: how often anchors were used, and what is new.</summary>
    internal IEnumerable<(string Placeholder, IReadOnlyDictionary<string, long> Uses, IReadOnlyList<Anchor> Added)> Changes() =>
        _added.Keys.Union(_uses.Keys).Order(StringComparer.Ordinal).Select(placeholder =>
            (placeholder, (IReadOnlyDictionary<string, long>)Of(_uses, placeholder), (IReadOnlyList<Anchor>)Added(placeholder)));

    private static Dictionary<string, long> Of(Dictionary<string, Dictionary<string, long>> uses, string placeholder)
    {
        if (!uses.TryGetValue(placeholder, out var found))
            uses.Add(placeholder, found = new Dictionary<string, long>(StringComparer.Ordinal));
        return found;
    }

    private List<Anchor> Added(string placeholder) => _added.TryGetValue(placeholder, out var added) ? added : [];
}

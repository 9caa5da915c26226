using Kvasir.KvCache.Retention.Objects;

namespace Kvasir.KvCache.Tests.Retention;

/// <summary>W-TinyLFU over lists; the sketch and the climber, which have tests of their own, are the product's.</summary>
internal sealed class TinyLfuModel : PolicyModel
{
    private readonly FrequencySketch _sketch = new();
    private readonly WindowClimber _climber = new();
    private readonly List<Item> _window = [];
    private readonly List<Item> _probation = [];
    private readonly List<Item> _protected = [];

    private double Share => _climber.Share * Items.Sum(item => item.Facts.Bytes);

    protected override void Added(Item item)
    {
        _window.Add(item);
        Count(item, hit: false);
    }

    protected override void Used(Item item, int promptTokens)
    {
        Count(item, hit: true);
        if (_window.Remove(item))
        {
            _window.Add(item);
        }
        else
        {
            _protected.Remove(item);
            _probation.Remove(item);
            _protected.Add(item);
        }

        while (_protected.Count > 1 && Sum(_protected) > 0.8 * (Sum(_protected) + Sum(_probation)))
            Move(_protected, 0, _probation);
    }

    protected override void Removed(Item item, bool evicted) => _ = _window.Remove(item) || _probation.Remove(item) || _protected.Remove(item);

    protected override Item? Choose(double seconds, List<Item> allowed)
    {
        var room = Items.Sum(item => item.Facts.Bytes) - Share;
        while (_window.Count > 0 && Sum(_window) > Share && Sum(_protected) + Sum(_probation) + _window[0].Facts.Bytes <= room)
            Move(_window, 0, _probation);
        var resident = _probation.Concat(_protected).FirstOrDefault(allowed.Contains);
        var candidate = _window.FirstOrDefault(allowed.Contains);
        if (resident is null)
            return candidate;
        if (candidate is null || Sum(_window) <= Share)
            return resident;
        if (_sketch.Estimate(candidate.Key.Mix()) <= _sketch.Estimate(resident.Key.Mix()))
            return candidate;
        Move(_window, _window.IndexOf(candidate), _probation);
        return resident;
    }

    private void Count(Item item, bool hit)
    {
        _sketch.Raise(item.Key.Mix(), Items.Count);
        _climber.Count(hit, Items.Count);
    }

    private static long Sum(List<Item> items) => items.Sum(item => item.Facts.Bytes);

    private static void Move(List<Item> from, int at, List<Item> to)
    {
        to.Add(from[at]);
        from.RemoveAt(at);
    }
}

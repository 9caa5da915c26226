using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Retention.Objects;

/// <summary>
/// The object whose loss costs least goes first (the cost-aware policy of LMCache, arXiv 2510.09665): its cost is what would have to be
/// computed again from its first row on, smoothed over the prompts that asked for it.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>cost = EWMA with weight 0.2 of (tokens of the prompt − first row of the object), at least 1; a prompt of unknown length leaves it.</item>
/// <item>score = (cost ÷ bytes) ÷ (1 + age ÷ 60 s), with the age since its last use; the lowest goes.</item>
/// <item>Scores change their order with time. 1 ÷ score is a line in time, so the lowest score is the highest line, which a
/// <see cref="KineticTournament"/> knows.</item>
/// </list>
/// </remarks>
public sealed class CostAwarePolicy : ICachePolicy
{
    /// <summary>Weight of the newest prompt in the smoothed cost.</summary>
    internal const double Weight = 0.2;

    /// <summary>Age at which a score is half of what it was, seconds.</summary>
    internal const double HalfScoreSeconds = 60;

    private readonly Dictionary<BlockKey, Priced> _objects = [];
    private readonly KineticTournament _tournament = new();
    private readonly List<Priced?> _atPlace = [];
    private readonly List<int> _aside = [];
    private double? _epoch;

    /// <inheritdoc/>
    public string Name => "cost-aware";

    /// <inheritdoc/>
    public void Add(BlockKey key, in CacheObject facts)
    {
        if (facts.Bytes < 1)
            throw new ArgumentException($"object {key} has {facts.Bytes} bytes; an object of a tier has at least one", nameof(facts));
        if (_objects.ContainsKey(key))
            throw new ArgumentException($"object {key} is there already; remove it first", nameof(key));

        // Times are kept from the first one on: a difference of large numbers would lose their last digits.
        _epoch ??= facts.Seconds;
        var priced = new Priced(key, facts.Bytes, facts.FirstToken) { Cost = Math.Max(1, facts.PromptTokens - facts.FirstToken) };
        var (a, b) = Line(priced, facts.Seconds);
        priced.Place = _tournament.Add(a, b);
        _objects.Add(key, priced);
        if (priced.Place == _atPlace.Count)
            _atPlace.Add(priced);
        else
            _atPlace[priced.Place] = priced;
    }

    /// <inheritdoc/>
    public void Use(BlockKey key, double seconds, int promptTokens = 0)
    {
        if (!_objects.TryGetValue(key, out var priced))
            return;
        if (promptTokens > 0)
            priced.Cost = ((1 - Weight) * priced.Cost) + (Weight * Math.Max(1, promptTokens - priced.FirstToken));
        var (a, b) = Line(priced, seconds);
        _tournament.Set(priced.Place, a, b);
    }

    /// <inheritdoc/>
    public void Remove(BlockKey key)
    {
        if (!_objects.Remove(key, out var priced))
            return;
        _tournament.Remove(priced.Place);
        _atPlace[priced.Place] = null;
    }

    /// <inheritdoc/>
    public bool TryChooseVictim(double seconds, Func<BlockKey, bool> mayEvict, out BlockKey victim)
    {
        victim = default;
        var now = seconds - (_epoch ?? seconds);
        int best;
        while ((best = _tournament.Best(now)) >= 0 && !mayEvict(_atPlace[best]!.Key))
        {
            _tournament.SetAside(best);
            _aside.Add(best);
        }

        if (best >= 0)
            victim = _atPlace[best]!.Key;
        foreach (var place in _aside)
            _tournament.BringBack(place);
        _aside.Clear();
        return best >= 0;
    }

    /// <summary>1 ÷ score as a line in time, up to a factor that all have: (60 s + t − last use) ÷ (cost ÷ bytes).</summary>
    private (double A, double B) Line(Priced priced, double lastUse)
    {
        var slope = priced.Bytes / priced.Cost;
        return ((HalfScoreSeconds - (lastUse - _epoch!.Value)) * slope, slope);
    }

    private sealed class Priced(BlockKey key, long bytes, int firstToken)
    {
        public BlockKey Key { get; } = key;

        public long Bytes { get; } = bytes;

        public int FirstToken { get; } = firstToken;

        public double Cost { get; set; }

        public int Place { get; set; }
    }
}

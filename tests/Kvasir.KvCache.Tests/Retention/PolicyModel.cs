using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Retention;

namespace Kvasir.KvCache.Tests.Retention;

/// <summary>A policy written down plainly: lists that are searched, nothing kept in order.</summary>
internal abstract class PolicyModel
{
    private long _clock;
    private BlockKey? _victim;

    protected sealed class Item
    {
        public required BlockKey Key { get; init; }

        public required CacheObject Facts { get; init; }

        public long Uses { get; set; }

        public double Seconds { get; set; }

        public double Priority { get; set; }

        public long LastUse { get; set; }

        public double Cost { get; set; }
    }

    protected List<Item> Items { get; } = [];

    public void Add(BlockKey key, CacheObject facts)
    {
        var item = new Item { Key = key, Facts = facts, Seconds = facts.Seconds, LastUse = _clock++ };
        Items.Add(item);
        Added(item);
    }

    public void Use(BlockKey key, double seconds, int promptTokens)
    {
        if (Items.Find(item => item.Key == key) is not { } item)
            return;
        item.Seconds = seconds;
        item.LastUse = _clock++;
        Used(item, promptTokens);
    }

    public void Remove(BlockKey key)
    {
        if (Items.Find(item => item.Key == key) is not { } item)
            return;
        Items.Remove(item);
        Removed(item, evicted: _victim == key);
        if (_victim == key)
            _victim = null;
    }

    /// <summary>Fails when the policy's choice is not right.</summary>
    public void Check(double seconds, Func<BlockKey, bool> mayEvict, bool found, BlockKey victim, string where)
    {
        var expected = Choose(seconds, [.. Items.Where(item => mayEvict(item.Key))]);
        Assert.True(found == (expected is not null), $"{where}: a victim was {(found ? "" : "not ")}found");
        _victim = found ? victim : null;
        if (!found)
            return;
        Assert.True(mayEvict(victim), $"{where}: {Keys.Number(victim)} may not be evicted");
        var chosen = Items.Find(item => item.Key == victim);
        Assert.True(chosen is not null && Equal(expected!, chosen, seconds), $"{where}: {Keys.Number(victim)} was chosen, not {Keys.Number(expected!.Key)}");
    }

    protected abstract Item? Choose(double seconds, List<Item> allowed);

    protected virtual bool Equal(Item expected, Item chosen, double seconds) => expected == chosen;

    protected virtual void Added(Item item)
    {
    }

    protected virtual void Used(Item item, int promptTokens)
    {
    }

    protected virtual void Removed(Item item, bool evicted)
    {
    }
}

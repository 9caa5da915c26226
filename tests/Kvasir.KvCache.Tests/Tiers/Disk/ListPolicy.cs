using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Retention;

namespace Kvasir.KvCache.Tests.Tiers.Disk;

/// <summary>Least recently used, as a list.</summary>
internal sealed class ListPolicy : ICachePolicy
{
    private readonly List<BlockKey> _oldestFirst = [];

    public string Name => "list";

    public void Add(BlockKey key, in CacheObject facts) => _oldestFirst.Add(key);

    public void Use(BlockKey key, double seconds, int promptTokens = 0)
    {
        _oldestFirst.Remove(key);
        _oldestFirst.Add(key);
    }

    public void Remove(BlockKey key) => _oldestFirst.Remove(key);

    public bool TryChooseVictim(double seconds, Func<BlockKey, bool> mayEvict, out BlockKey victim)
    {
        var index = _oldestFirst.FindIndex(key => mayEvict(key));
        victim = index < 0 ? default : _oldestFirst[index];
        return index >= 0;
    }
}

using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Retention;

namespace Kvasir.Cli.Caches;

/// <summary>Evicts nothing: a command shows or changes what it was told to, and the engine's policy decides when it runs next.</summary>
internal sealed class PassivePolicy : ICachePolicy
{
    public string Name => "none";

    public void Add(BlockKey key, in CacheObject facts)
    {
    }

    public void Use(BlockKey key, double seconds, int promptTokens = 0)
    {
    }

    public void Remove(BlockKey key)
    {
    }

    public bool TryChooseVictim(double seconds, Func<BlockKey, bool> mayEvict, out BlockKey victim)
    {
        victim = default;
        return false;
    }
}

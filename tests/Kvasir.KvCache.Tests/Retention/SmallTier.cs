using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Retention;

namespace Kvasir.KvCache.Tests.Retention;

/// <summary>A tier of objects without content that asks a policy when it is full.</summary>
internal sealed class SmallTier(ICachePolicy policy, long capacityBytes)
{
    private readonly Dictionary<BlockKey, long> _objects = [];

    public long Bytes { get; private set; }

    public double Seconds { get; set; }

    public bool Has(int key) => _objects.ContainsKey(Keys.Of(key));

    public int Count(IEnumerable<int> keys) => keys.Count(Has);

    /// <summary>Uses an object, or brings it in; true when it was there.</summary>
    public bool Ask(int number, long bytes = 1, int firstToken = 0, int promptTokens = 0)
    {
        var key = Keys.Of(number);
        if (_objects.ContainsKey(key))
        {
            policy.Use(key, Seconds, promptTokens);
            return true;
        }

        while (Bytes + bytes > capacityBytes && policy.TryChooseVictim(Seconds, Keys.Any, out var victim))
        {
            policy.Remove(victim);
            Bytes -= _objects[victim];
            _objects.Remove(victim);
        }

        if (Bytes + bytes > capacityBytes)
            return false;
        policy.Add(key, new CacheObject(bytes, firstToken, promptTokens, Seconds));
        _objects.Add(key, bytes);
        Bytes += bytes;
        return false;
    }
}

using Kvasir.Serving.Configuration;

namespace Kvasir.Serving.Tenancy;

/// <summary>Somebody who uses the server.</summary>
internal sealed class Tenant(string name, ReadOnlyMemory<byte> cacheSalt, bool mayUsePublicScope, int maxRequests, ReuseConfiguration reuse)
{
    private int _requests;

    /// <summary>The name, for logs and metrics.</summary>
    public string Name => name;

    /// <summary>In every key of his KV blocks (guarantee G4); empty where there are no tenants.</summary>
    public ReadOnlyMemory<byte> CacheSalt => cacheSalt;

    public bool MayUsePublicScope => mayUsePublicScope;

    /// <summary>How his requests reuse text that recurs behind another prefix, where they do not say.</summary>
    public ReuseConfiguration Reuse => reuse;

    /// <summary>Most requests under way.</summary>
    public int MaxRequests => maxRequests;

    /// <summary>Counts a request; false when there are too many already. <see cref="Leave"/> ends it.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _requests) <= maxRequests)
            return true;
        Interlocked.Decrement(ref _requests);
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _requests);
}

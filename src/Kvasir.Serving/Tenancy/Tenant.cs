using Kvasir.KvCache.Identity;
using Kvasir.Numerics.Attention;
using Kvasir.Serving.Configuration;

namespace Kvasir.Serving.Tenancy;

/// <summary>Somebody who uses the server.</summary>
internal sealed class Tenant(string name, ReadOnlyMemory<byte> cacheSalt, bool mayUsePublicScope, int maxRequests, ReuseConfiguration reuse, CompressionConfiguration compression)
{
    private int _requests;

    /// <summary>The name, for logs and metrics.</summary>
    public string Name => name;

    /// <summary>In every key of his KV blocks (guarantee G4); empty where there are no tenants.</summary>
    public ReadOnlyMemory<byte> CacheSalt => cacheSalt;

    /// <summary>What stands for the salt in listings.</summary>
    public string CacheLabel { get; } = LabelOf(cacheSalt);

    public bool MayUsePublicScope => mayUsePublicScope;

    /// <summary>How his requests reuse text that recurs behind another prefix, where they do not say.</summary>
    public ReuseConfiguration Reuse => reuse;

    /// <summary>How much of his prompts stays in the KV cache, where his requests do not say.</summary>
    public CompressionConfiguration Compression => compression;

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

    /// <summary>A request has ended.</summary>
    public void Leave() => Interlocked.Decrement(ref _requests);

    /// <summary>The label depends on nothing of a scope but its salt.</summary>
    private static string LabelOf(ReadOnlyMemory<byte> salt) =>
        new CacheScope(new byte[BlockKey.Size], new KvLayout(1, 1, KvLayout.ScaleGroup, KvDataType.F16), "", salt, adapter: null).Tenant;
}

using Kvasir.KvCache.Tiers.Disk;

namespace Kvasir.KvCache.Tiers.Books;

/// <summary>What a tier may hold, and for how long.</summary>
public sealed record TierLimits
{
    /// <summary>Most bytes of all objects.</summary>
    public required long CapacityBytes { get; init; }

    /// <summary>Limits of tenants that <see cref="Tenants"/> does not name.</summary>
    public TenantLimit EachTenant { get; init; } = new(null, null);

    /// <summary>Limits of single tenants, by label.</summary>
    public IReadOnlyDictionary<string, TenantLimit> Tenants { get; init; } = new Dictionary<string, TenantLimit>();

    /// <summary>The limits of a tenant.</summary>
    public TenantLimit Of(string tenant) => Tenants.TryGetValue(tenant, out var limits) ? limits : EachTenant;
}

namespace Kvasir.KvCache.Tiers.Books;

/// <summary>What a tenant may hold in a tier.</summary>
/// <param name="Bytes">Most bytes, or null for no limit of its own.</param>
/// <param name="TimeToLive">How long an object stays without being used, or null for as long as there is room.</param>
public sealed record TenantLimits(long? Bytes = null, TimeSpan? TimeToLive = null);

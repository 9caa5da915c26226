namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>What one tenant may take of a tier.</summary>
/// <param name="QuotaBytes">Most bytes of its objects; null for no limit of its own.</param>
/// <param name="TimeToLive">Time after its storing at which an object goes; null for the tier's.</param>
public sealed record TenantLimit(long? QuotaBytes, TimeSpan? TimeToLive);

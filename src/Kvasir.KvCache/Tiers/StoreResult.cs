namespace Kvasir.KvCache.Tiers;

/// <summary>What came of a store.</summary>
public enum StoreResult
{
    /// <summary>The object is there now.</summary>
    Stored,

    /// <summary>It was there, or is being written by another.</summary>
    Present,

    /// <summary>There is no room: the tier's, the tenant's or the medium's limit is reached and nothing may be evicted.</summary>
    NoRoom,

    /// <summary>The medium failed.</summary>
    Failed,
}

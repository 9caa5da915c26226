using Kvasir.KvCache.Tiers;
using Kvasir.KvCache.Tiers.Disk;

namespace Kvasir.Engine.Tiers;

/// <summary>Where keys and values go that the pool has no room for, and what is asked of them when they come back.</summary>
public sealed record TierOptions
{
    /// <summary>Bytes of the host tier: memory beyond the pool. 0 for none.</summary>
    public long HostBytes { get; init; }

    /// <summary>Name of the host tier's retention policy.</summary>
    public string HostRetention { get; init; } = "lru";

    /// <summary>The disk tier; none when null.</summary>
    public DiskTierSettings? Disk { get; init; }

    /// <summary>Limits of a tenant in each tier, unless <see cref="Tenants"/> names it.</summary>
    public TenantLimit EachTenant { get; init; } = new(null, null);

    /// <summary>Limits of single tenants in each tier, by label.</summary>
    public IReadOnlyDictionary<string, TenantLimit> Tenants { get; init; } = new Dictionary<string, TenantLimit>();

    /// <summary>Makes further tiers, slower ones last; the engine disposes them.</summary>
    public Func<ChunkGeometry, IReadOnlyList<IKvTier>>? Further { get; init; }

    /// <summary>How chunks move.</summary>
    public KvTierOptions Moves { get; init; } = new();

    /// <summary>
    /// Layers that are read, sealed and checked together; when null, as many as make a record of 64 KiB. With fewer, compute begins while
    /// more are still coming; with more, objects move faster.
    /// </summary>
    public int? LayersPerRecord { get; init; }

    /// <summary>How many layers must be there before a step begins.</summary>
    public PreloadDepth Preload { get; init; } = PreloadDepth.FirstLayersWhenAlone;

    /// <summary>
    /// Rows of a load that are computed again from the rows before them and compared bit by bit before anything is answered from it
    /// (guarantee G4). 0 trusts what the tiers return.
    /// </summary>
    public int VerifyRows { get; init; } = 4;

    /// <summary>Verifies the other rows too, while the engine has nothing else to do.</summary>
    public bool Scrub { get; init; } = true;

}

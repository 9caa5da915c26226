namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>How a disk tier is set up.</summary>
public sealed record DiskTierOptions
{
    /// <summary>Its folder, which belongs to it alone; made when it is not there.</summary>
    public required string Folder { get; init; }

    /// <summary>Where the master key lies; made when it is not there. May serve several tiers.</summary>
    public required string KeyFolder { get; init; }

    /// <summary>Whose KV it keeps. A folder that was made for another is refused.</summary>
    public required StoreIdentity Identity { get; init; }

    /// <summary>Name for configuration and messages.</summary>
    public string Name { get; init; } = "disk";

    /// <summary>Most bytes that its objects may take, headers and tags included.</summary>
    public long CapacityBytes { get; init; } = long.MaxValue;

    /// <summary>Time after its storing at which an object goes; null for never.</summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>Limits of single tenants, by label.</summary>
    public IReadOnlyDictionary<string, TenantLimit> Tenants { get; init; } = new Dictionary<string, TenantLimit>(StringComparer.Ordinal);

    /// <summary>Limits of every tenant that has none of its own.</summary>
    public TenantLimit OtherTenants { get; init; } = new(null, null);

    /// <summary>
    /// Flushes each object to the medium before it gets its name. Off by default: after a power cut a torn file is found by its size or by
    /// its tags and is a miss, while a flush makes every store wait for the medium.
    /// </summary>
    public bool Durable { get; init; }

    /// <summary>Looks only: takes no lock, so that it may be used beside the process that owns the folder, and changes nothing.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Time between two writes of the index file. It only bounds what a kill forgets of uses, never of objects.</summary>
    public TimeSpan IndexInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

namespace Kvasir.Engine.Tiers;

/// <summary>An engine's disk tier: its KV outlives the process.</summary>
public sealed record DiskTierSettings
{
    /// <summary>Folder of the cache. It may serve several models: each has a store of its own in it.</summary>
    public required string Folder { get; init; }

    /// <summary>Most bytes of this model's store.</summary>
    public long CapacityBytes { get; init; } = 16L << 30;

    /// <summary>Name of the retention policy.</summary>
    public string Retention { get; init; } = "lru";

    /// <summary>Waits for the medium with every object. Without it a power cut may lose objects, never falsify them.</summary>
    public bool Durable { get; init; }
}

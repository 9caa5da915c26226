namespace Kvasir.KvCache.Retention.Ghost;

/// <summary>Size and memory of a <see cref="GhostIndex"/>.</summary>
public sealed record GhostIndexOptions
{
    /// <summary>
    /// Most objects that are tracked, each in about 250 bytes: half of them the ones used last, half of them a sample of all. The sampling
    /// rate falls when the sample would be larger.
    /// </summary>
    public int MaxObjects { get; init; } = 1 << 14;

    /// <summary>Share of all keys that are in the sample at first, above 0 up to 1.</summary>
    public double SamplingRate { get; init; } = 1;

    /// <summary>
    /// Largest memory that is asked about. Objects last used so long ago that a tier of this size would have evicted them are forgotten, so
    /// that keys which never come back do not push the sampling rate down for ever. Null: no limit.
    /// </summary>
    public long? HorizonBytes { get; init; }

    /// <summary>Accesses after which all counts are halved, so that the prediction follows the traffic. Null: never.</summary>
    public long? HalveEvery { get; init; } = 1_000_000;
}

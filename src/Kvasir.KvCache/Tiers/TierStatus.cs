namespace Kvasir.KvCache.Tiers;

/// <summary>How a tier stands, and what it has done since it was opened.</summary>
public sealed record TierStatus
{
    /// <summary>Objects.</summary>
    public required long Objects { get; init; }

    /// <summary>Bytes that they take.</summary>
    public required long Bytes { get; init; }

    /// <summary>Most bytes that they may take.</summary>
    public required long CapacityBytes { get; init; }

    /// <summary>Pins that are held.</summary>
    public required int Pins { get; init; }

    /// <summary>Pins that ended because their lifetime had passed.</summary>
    public required long ExpiredPins { get; init; }

    /// <summary>Objects stored.</summary>
    public required long Stored { get; init; }

    /// <summary>Stores for which there was no room.</summary>
    public required long Refused { get; init; }

    /// <summary>Objects evicted.</summary>
    public required long Evicted { get; init; }

    /// <summary>Objects dropped because their time had passed.</summary>
    public required long Expired { get; init; }

    /// <summary>Objects dropped because they were damaged.</summary>
    public required long Damaged { get; init; }

    /// <summary>Reads and writes that the medium failed.</summary>
    public required long Failures { get; init; }

    /// <summary>Bytes read.</summary>
    public required long ReadBytes { get; init; }

    /// <summary>Bytes written.</summary>
    public required long WrittenBytes { get; init; }
}

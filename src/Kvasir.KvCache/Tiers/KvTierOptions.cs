namespace Kvasir.KvCache.Tiers;

/// <summary>How chunks move between the pool and the tiers.</summary>
public sealed record KvTierOptions
{
    /// <summary>Tokens of a chunk: what is stored, found and loaded at once. A multiple of the block's rows.</summary>
    public int ChunkTokens { get; init; } = 256;

    /// <summary>A chunk is stored when it was used so often; 1 stores everything.</summary>
    public int StoreAfterUses { get; init; } = 1;

    /// <summary>Shorter finds are computed instead.</summary>
    public int MinLoadTokens { get; init; } = 64;

    /// <summary>Threads that move chunks.</summary>
    public int Threads { get; init; } = 2;

    /// <summary>Share of one processor that moving may take while others are computing; all of it when nobody is.</summary>
    public double BusyShare { get; init; } = 0.10;

    /// <summary>Chunks that may wait to be stored; while there are so many, further ones are left out.</summary>
    public int MaxPendingStores { get; init; } = 16;

    /// <summary>A load that takes longer is given up and the rows are computed.</summary>
    public TimeSpan LoadTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a pin holds when nobody releases it.</summary>
    public TimeSpan PinLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Waits at the end for stores that are still pending.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Throws when a value cannot be used.</summary>
    /// <exception cref="ArgumentException">Says which.</exception>
    public void Validate(int blockRows)
    {
        if (ChunkTokens < blockRows || ChunkTokens % blockRows != 0)
            throw new ArgumentException($"ChunkTokens is {ChunkTokens}; it must be a multiple of the block's {blockRows} rows");
        if (StoreAfterUses < 1 || MinLoadTokens < 0 || Threads < 1 || MaxPendingStores < 1)
            throw new ArgumentException($"StoreAfterUses ({StoreAfterUses}), Threads ({Threads}) and MaxPendingStores ({MaxPendingStores}) must be at least 1, MinLoadTokens ({MinLoadTokens}) at least 0");
        if (BusyShare is not (> 0 and <= 1))
            throw new ArgumentException($"BusyShare is {BusyShare}; it must be above 0 and at most 1");
    }
}

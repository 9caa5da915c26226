using Kvasir.KvCache.Virtual;

namespace Kvasir.KvCache.Pool;

/// <summary>Size and behaviour of a pool; one of the two sizes is needed.</summary>
public sealed record BlockPoolOptions
{
    /// <summary>Most bytes of KV.</summary>
    public long? BudgetBytes { get; init; }

    /// <summary>Most blocks.</summary>
    public int? CapacityBlocks { get; init; }

    /// <summary>Fills unwritten and freed rows with NaN, so that a read of one shows.</summary>
    public bool PoisonFreedRows { get; init; }

    /// <summary>Makes sequences contiguous in virtual addresses; null for blocks that are found through tables only.</summary>
    public VirtualKvOptions? Virtual { get; init; }

    internal PoolFault Fault { get; init; }
}

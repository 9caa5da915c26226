namespace Kvasir.KvCache.Pool;

/// <summary>Faults that the fuzzer plants to test itself.</summary>
internal enum PoolFault
{
    None,

    /// <summary>Shared rows are overwritten in place.</summary>
    SkipCopyOnWrite,

    /// <summary>A block is freed one reference too early, and at once.</summary>
    EarlyFree,
}

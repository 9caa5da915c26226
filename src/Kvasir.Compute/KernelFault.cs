namespace Kvasir.Compute;

/// <summary>Faults that the fuzzer plants to test itself (numerics contract, rule 8).</summary>
internal enum KernelFault
{
    None,

    /// <summary>A single row is summed in two halves of K.</summary>
    SplitK,

    /// <summary>Attention's tile borders depend on the batch.</summary>
    TileByBatch,

    /// <summary>Chunks that do not start at position 0 are rotated one position too far.</summary>
    RopeOffByOne,

    /// <summary>The last segment of a view is read one row too far.</summary>
    StaleTail,
}

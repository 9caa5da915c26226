namespace Kvasir.Benchmarks.Fuzzing;

/// <summary>A fault planted on purpose, to show that the fuzzer finds faults of its kind.</summary>
public enum Sabotage
{
    /// <summary>No fault.</summary>
    None,

    /// <summary>Matmul sums K in halves when it computes a single row.</summary>
    SplitK,

    /// <summary>Attention's tile borders shift with the batch.</summary>
    TileByBatch,

    /// <summary>Rope is one position off in chunks that do not start at 0.</summary>
    RopeOffByOne,

    /// <summary>A shared, partly filled block is written in place.</summary>
    SkipCow,

    /// <summary>Attention reads a row behind the last visible one.</summary>
    StaleTail,

    /// <summary>Blocks are freed while they are still in use.</summary>
    EarlyFree,

    /// <summary>Block keys leave out the adapter.</summary>
    AdapterScope,
}

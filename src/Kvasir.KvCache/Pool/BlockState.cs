namespace Kvasir.KvCache.Pool;

/// <summary>Where a KV block is in its life.</summary>
public enum BlockState : byte
{
    /// <summary>Holds nothing.</summary>
    Free,

    /// <summary>Rows are being written.</summary>
    Computing,

    /// <summary>All rows are written; they never change again.</summary>
    Sealed,

    /// <summary>Being copied from or to another tier; it may not be freed before the transfer's fence closes.</summary>
    InTransfer,

    /// <summary>Nobody refers to it, but a step or transfer that was open at its release may still read it.</summary>
    Quarantined,
}

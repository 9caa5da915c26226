namespace Kvasir.KvCache.Virtual;

/// <summary>How contiguous KV is set up.</summary>
public sealed record VirtualKvOptions
{
    /// <summary>Whether blocks can lie under several ranges at once (the card's aliasing pool); otherwise every range has memory of its own.</summary>
    public bool Shared { get; init; } = true;

    /// <summary>Ranges: sequences that are contiguous at once. Further ones live in blocks at their home addresses.</summary>
    public required int Slots { get; init; }

    /// <summary>Rows that a range has addresses for.</summary>
    public required int MaxRows { get; init; }

    /// <summary>
    /// True to keep all layers of a block together (tensor slicing: one mapping a block); false for a range of addresses a layer, in which the
    /// rows of one layer are contiguous (as many mappings a block as there are layers).
    /// </summary>
    public bool Sliced { get; init; } = true;

    /// <summary>Whether a worker maps ahead while the model runs; otherwise blocks are mapped when they are needed.</summary>
    public bool Background { get; init; } = true;

    /// <summary>Whether the range of an ended sequence keeps its memory for the next one until others need it.</summary>
    public bool DeferredReclamation { get; init; } = true;

    /// <summary>Whether memory is brought in when it is mapped; otherwise when it is first touched.</summary>
    public bool Populate { get; init; } = true;

    /// <summary>Whether blocks that were shared are always read-only for those who did not write them, at the cost of more mapping (tests).</summary>
    public bool GuardShared { get; init; }

    /// <summary>Rows that a sequence whose further rows are known is mapped ahead.</summary>
    public int AheadRows { get; init; } = 512;

    /// <summary>Most mappings of the process that may be used; half of what the system allows when null.</summary>
    public int? MaxMappings { get; init; }

    /// <summary>Source of time for what mapping costs.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

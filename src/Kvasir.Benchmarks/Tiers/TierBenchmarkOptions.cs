namespace Kvasir.Benchmarks.Tiers;

/// <summary>What to measure.</summary>
public sealed record TierBenchmarkOptions
{
    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>Tokens of the context that is restored; less when the model's context is shorter.</summary>
    public int ContextTokens { get; init; } = 8192;

    /// <summary>Tokens of the pool in the working set's measurement; its documents are four times as many.</summary>
    public int PoolTokens { get; init; } = 4096;

    /// <summary>Tokens of one of its documents.</summary>
    public int DocumentTokens { get; init; } = 1024;

    /// <summary>Times that each figure is measured; the middle one counts.</summary>
    public int Runs { get; init; } = 5;

    /// <summary>Worker threads; the processors of the machine when null.</summary>
    public int? Threads { get; init; }

    /// <summary>Where the disk tier's files go; a folder that is removed afterwards.</summary>
    public required string Folder { get; init; }
}

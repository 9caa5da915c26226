namespace Kvasir.Benchmarks.Retention;

/// <summary>What is simulated.</summary>
public sealed record RetentionBenchmarkOptions
{
    /// <summary>Fewer and shorter.</summary>
    public bool Quick { get; init; }

    /// <summary>Other traces of the same kinds for other seeds.</summary>
    public int Seed { get; init; } = 20261127;

    /// <summary>Names of traces; all when null.</summary>
    public IReadOnlyList<string>? Traces { get; init; }
}

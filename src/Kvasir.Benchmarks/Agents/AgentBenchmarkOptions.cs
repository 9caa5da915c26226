namespace Kvasir.Benchmarks.Agents;

/// <summary>What is measured.</summary>
public sealed record AgentBenchmarkOptions
{
    /// <summary>The model of all agents; it must be able to read (the bundled one is).</summary>
    public required string Model { get; init; }

    /// <summary>One seed, fewer points on the curves.</summary>
    public bool Quick { get; init; }

    /// <summary>Independent repetitions, which the intervals come from; 5, or 1 when quick, when null.</summary>
    public int? Seeds { get; init; }

    /// <summary>Names of suites; all when null.</summary>
    public IReadOnlyList<string>? Suites { get; init; }

    /// <summary>Worker threads; the processors of the machine when null.</summary>
    public int? Threads { get; init; }

    /// <summary>Memory of the KV pool.</summary>
    public long KvBytes { get; init; } = 512L << 20;

    internal int SeedCount => Seeds ?? (Quick ? 1 : 5);
}

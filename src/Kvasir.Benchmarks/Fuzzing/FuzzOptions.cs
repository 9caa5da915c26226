namespace Kvasir.Benchmarks.Fuzzing;

/// <summary>How to fuzz.</summary>
public sealed record FuzzOptions
{
    /// <summary>Stops after this time.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Stops after this many schedules.</summary>
    public long MaxSchedules { get; init; } = long.MaxValue;

    /// <summary>Seed; a run with the same seed draws the same schedules.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Fault to plant.</summary>
    public Sabotage Sabotage { get; init; }

    /// <summary>Model folders or files to fuzz beside the random ones.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>True for set-ups in which ways of keeping and reading less can meet: blocks, tiers, steps and pools with room for them.</summary>
    public bool Combines { get; init; }

    /// <summary>Stops at the first difference.</summary>
    public bool StopAtMismatch { get; init; }
}

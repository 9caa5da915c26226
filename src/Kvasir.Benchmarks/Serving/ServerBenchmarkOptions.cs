namespace Kvasir.Benchmarks.Serving;

/// <summary>How the server is measured.</summary>
public sealed record ServerBenchmarkOptions
{
    /// <summary>The program and its first arguments that start <c>kvasir</c>.</summary>
    public required IReadOnlyList<string> Program { get; init; }

    /// <summary>The model that is served.</summary>
    public required string Model { get; init; }

    /// <summary>The suites to run, of <see cref="ServerBenchmark.Suites"/>.</summary>
    public IReadOnlyList<string> Suites { get; init; } = ServerBenchmark.Suites;

    /// <summary>True for a run of about a minute.</summary>
    public bool Quick { get; init; }

    /// <summary>Rounds of one request after another and sixteen at once; their middle ratio counts.</summary>
    public int ThroughputRounds => Quick ? 3 : 7;

    /// <summary>How long streams come and go.</summary>
    public TimeSpan ChurnTime => Quick ? TimeSpan.FromSeconds(20) : TimeSpan.FromMinutes(5);

    /// <summary>Schemas that answers are held to.</summary>
    public int Schemas => Quick ? 60 : 400;

    /// <summary>Schemas whose masks are timed.</summary>
    public int MaskSchemas => Quick ? 40 : 200;

    /// <summary>Starts of the process.</summary>
    public int Starts => Quick ? 3 : 7;
}

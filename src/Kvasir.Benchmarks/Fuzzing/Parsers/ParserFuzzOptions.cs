namespace Kvasir.Benchmarks.Fuzzing.Parsers;

/// <summary>How to fuzz a parser.</summary>
public sealed record ParserFuzzOptions
{
    /// <summary>Stops after this time, for each parser.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Stops after this many cases, for each parser.</summary>
    public long MaxCases { get; init; } = long.MaxValue;

    /// <summary>The same seed begins with the same cases.</summary>
    public int Seed { get; init; } = 1;
}

namespace Kvasir.Benchmarks.Fuzzing.Parsers;

/// <summary>What fuzzing one parser did and found.</summary>
public sealed record ParserFuzzReport
{
    /// <summary>The parser.</summary>
    public required string Parser { get; init; }

    /// <summary>Files parsed.</summary>
    public required long Cases { get; init; }

    /// <summary>Files that were valid.</summary>
    public required long Accepted { get; init; }

    /// <summary>Files that were refused as documented.</summary>
    public required long Refused { get; init; }

    /// <summary>Different ways that parses went: places and shapes of refusals, paths of those that succeed.</summary>
    public required int Paths { get; init; }

    /// <summary>Files that showed a new way and were kept to mutate on.</summary>
    public required int Corpus { get; init; }

    /// <summary>The slowest parse.</summary>
    public required double SlowestMs { get; init; }

    /// <summary>The most bytes that a parse allocated in all, less twice its file.</summary>
    public required long MostBytes { get; init; }

    /// <summary>Seconds in all.</summary>
    public required double Seconds { get; init; }

    /// <summary>What was found, one for each place.</summary>
    public required IReadOnlyList<ParserFinding> Findings { get; init; }
}

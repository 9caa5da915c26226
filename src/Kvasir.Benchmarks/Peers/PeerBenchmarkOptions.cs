namespace Kvasir.Benchmarks.Peers;

/// <summary>What is compared, and how long.</summary>
public sealed record PeerBenchmarkOptions
{
    /// <summary>A GGUF file, or a Hugging Face folder that peers may not read.</summary>
    public required string Model { get; init; }

    /// <summary>The peers; those that are not installed are reported and left out.</summary>
    public IReadOnlyList<PeerDefinition> Peers { get; init; } = [];

    /// <summary>The program and its first arguments that start <c>kvasir</c>; null to leave out what needs fresh processes.</summary>
    public IReadOnlyList<string>? Program { get; init; }

    /// <summary>True for fewer checks, rounds and tokens.</summary>
    public bool Quick { get; init; }

    /// <summary>Only these checks; all of a quick or a whole run when null.</summary>
    public IReadOnlyList<string>? Checks { get; init; }

    /// <summary>Numbers of threads; the better one counts for each contestant.</summary>
    public IReadOnlyList<int> Threads { get; init; } = Environment.ProcessorCount == 1 ? [1] : [1, Environment.ProcessorCount];

    /// <summary>Rest between two turns.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How often a turn is done again when others disturbed it; the last one counts. 0 counts every turn.</summary>
    public int RepeatDisturbed { get; init; }

    /// <summary>True to measure the machine's limits, about five seconds.</summary>
    public bool MeasureLimits { get; init; } = true;

    /// <summary>Counted rounds of a check.</summary>
    public int Rounds => Quick ? 3 : 7;

    /// <summary>Counted rounds of a prefill of thousands of tokens.</summary>
    public int LongPrefillRounds => Quick ? 1 : 3;

    /// <summary>Counted rounds of decoding behind thousands of tokens, which are read once for all rounds.</summary>
    public int LongDecodeRounds => 3;

    /// <summary>Timed tokens of an answer.</summary>
    public int AnswerTokens => Quick ? 32 : 64;

    /// <summary>Starts of each program.</summary>
    public int Starts => Quick ? 3 : 7;

    /// <summary>The checks in a quick run.</summary>
    internal static IReadOnlyList<string> QuickChecks { get; } =
        ["prefill512", "decode0", "decodeBatch16", "prefill8192", "decode8192", MemoryCheck.Name, StartCheck.Name];

    /// <summary>Every check, in the order of the report.</summary>
    public static IReadOnlyList<string> AllChecks { get; } =
    [
        .. TurnCheck.All.OrderBy(check => check.Kind).ThenBy(check => check.Size).Select(check => check.Name), MemoryCheck.Name, StartCheck.Name,
    ];

    /// <summary>Whether a check is asked for.</summary>
    internal bool Wants(string check) => (Checks ?? (Quick ? QuickChecks : AllChecks)).Contains(check);
}

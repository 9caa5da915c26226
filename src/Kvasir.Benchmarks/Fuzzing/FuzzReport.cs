namespace Kvasir.Benchmarks.Fuzzing;

/// <summary>What a fuzzing run did and found.</summary>
public sealed record FuzzReport
{
    /// <summary>Seed of the run.</summary>
    public required int Seed { get; init; }

    /// <summary>Schedules run: an engine set-up with its requests.</summary>
    public required long Schedules { get; init; }

    /// <summary>Engine steps.</summary>
    public required long Steps { get; init; }

    /// <summary>Logits rows and KV rows compared bit by bit with a cold, lone run.</summary>
    public required long RowsCompared { get; init; }

    /// <summary>Rows that differed, and integrity failures.</summary>
    public required long Mismatches { get; init; }

    /// <summary>Blocks still in use after everything had ended.</summary>
    public required long LeakedBlocks { get; init; }

    /// <summary>Prompt rows that were shared instead of computed.</summary>
    public required long ReusedRows { get; init; }

    /// <summary>Sequences preempted.</summary>
    public required long Preemptions { get; init; }

    /// <summary>Rows that came back from a tier.</summary>
    public required long LoadedRows { get; init; }

    /// <summary>Prompt rows that came from chunks computed behind another prefix.</summary>
    public required long BlendedRows { get; init; }

    /// <summary>Logits rows of smaller KV caches and of sparse readings, compared with the same request alone.</summary>
    public required long CompressedRows { get; init; }

    /// <summary>Requests cancelled.</summary>
    public required long Cancellations { get; init; }

    /// <summary>Answers that forked from another one.</summary>
    public required long Forks { get; init; }

    /// <summary>Requests that named an adapter.</summary>
    public required long AdapterRequests { get; init; }

    /// <summary>Sequences in which two ways of keeping or reading less met, by pair.</summary>
    public required IReadOnlyDictionary<string, long> Pairs { get; init; }

    /// <summary>Instruction sets that took part.</summary>
    public required IReadOnlyList<string> InstructionSets { get; init; }

    /// <summary>The first difference found, with the schedule's seed; null when there is none.</summary>
    public string? FirstMismatch { get; init; }

    /// <summary>Seconds until the first difference; null when there is none.</summary>
    public double? SecondsToFirstMismatch { get; init; }

    /// <summary>Seconds in all.</summary>
    public required double Seconds { get; init; }
}

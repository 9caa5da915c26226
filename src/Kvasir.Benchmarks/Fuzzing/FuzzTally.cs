namespace Kvasir.Benchmarks.Fuzzing;

/// <summary>Counts of a run under way.</summary>
internal sealed class FuzzTally
{
    public long Schedules { get; set; }

    public long Steps { get; set; }

    public long RowsCompared { get; set; }

    public long Mismatches { get; private set; }

    public long LeakedBlocks { get; set; }

    public long ReusedRows { get; set; }

    public long Preemptions { get; set; }

    public long LoadedRows { get; set; }

    public long BlendedRows { get; set; }

    public long CompressedRows { get; set; }

    public long Cancellations { get; set; }

    public long Forks { get; set; }

    public long AdapterRequests { get; set; }

    public SortedDictionary<string, long> Pairs { get; } = new(StringComparer.Ordinal);

    public SortedSet<string> InstructionSets { get; } = new(StringComparer.Ordinal);

    public string? FirstMismatch { get; private set; }

    public void Mismatch(string what)
    {
        Mismatches++;
        FirstMismatch ??= what;
    }
}

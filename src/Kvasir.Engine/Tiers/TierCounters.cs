namespace Kvasir.Engine.Tiers;

/// <summary>What came of loads and stores so far. The engine's thread writes it.</summary>
internal sealed class TierCounters
{
    /// <summary>Finds that were worth a thought.</summary>
    public long Lookups { get; set; }

    /// <summary>Finds that were computed because that was quicker.</summary>
    public long ComputedInstead { get; set; }

    /// <summary>Loads whose rows were used.</summary>
    public long Loads { get; set; }

    public long LoadedTokens { get; set; }

    public long LoadedBytes { get; set; }

    /// <summary>Time in which a step waited for layers.</summary>
    public TimeSpan Stalled { get; set; }

    /// <summary>Loads that came to nothing, for any reason.</summary>
    public long Failed { get; set; }

    /// <summary>Of these, loads that took too long.</summary>
    public long TimedOut { get; set; }

    /// <summary>Of these, objects that were damaged.</summary>
    public long Damaged { get; set; }

    /// <summary>Of these, loads whose rows were not what the model computes.</summary>
    public long Forged { get; set; }

    /// <summary>Rows that were computed again before a load was used.</summary>
    public long VerifiedRows { get; set; }

    /// <summary>Rows that were computed again in idle time.</summary>
    public long ScrubbedRows { get; set; }

    /// <summary>Loaded rows that idle time found to be wrong.</summary>
    public long ScrubFaults { get; set; }

    /// <summary>Preempted sequences whose rows were kept in a tier.</summary>
    public long SwappedOut { get; set; }

    /// <summary>What the last failed load said, or null.</summary>
    public string? LastError { get; set; }
}

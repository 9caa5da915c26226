using Kvasir.KvCache.Tiers;

namespace Kvasir.Engine.Tiers;

/// <summary>What an engine's tiers have done since it was made, and how they stand.</summary>
public sealed record EngineTierStatus
{
    /// <summary>The tiers, fastest first.</summary>
    public required IReadOnlyList<(string Name, TierStatus Status)> Tiers { get; init; }

    /// <summary>Sequences whose rows are on their way.</summary>
    public required int Loading { get; init; }

    /// <summary>Loads whose rows were used.</summary>
    public required long Loads { get; init; }

    /// <summary>Prompt tokens whose rows were loaded.</summary>
    public required long LoadedTokens { get; init; }

    /// <summary>Bytes loaded.</summary>
    public required long LoadedBytes { get; init; }

    /// <summary>Time in which a step had begun and waited for layers that were still coming.</summary>
    public required TimeSpan Stalled { get; init; }

    /// <summary>Finds that were computed instead, because that was quicker.</summary>
    public required long ComputedInstead { get; init; }

    /// <summary>Loads that came to nothing; their rows were computed.</summary>
    public required long FailedLoads { get; init; }

    /// <summary>Of these, loads that took too long.</summary>
    public required long TimedOut { get; init; }

    /// <summary>Of these, objects that were not what was stored.</summary>
    public required long Damaged { get; init; }

    /// <summary>Of these, rows that were not what the model computes. An alarm: something stores false rows.</summary>
    public required long Forged { get; init; }

    /// <summary>Rows that were computed again before a load was used.</summary>
    public required long VerifiedRows { get; init; }

    /// <summary>Rows that were computed again in idle time.</summary>
    public required long ScrubbedRows { get; init; }

    /// <summary>Loaded rows that idle time found to be false. An alarm.</summary>
    public required long ScrubFaults { get; init; }

    /// <summary>Preempted sequences whose rows were kept in a tier.</summary>
    public required long SwappedOut { get; init; }

    /// <summary>Chunks that were not stored because too many waited.</summary>
    public required long DroppedStores { get; init; }

    /// <summary>Times that a failing tier was bypassed.</summary>
    public required long Bypasses { get; init; }

    /// <summary>What the last failed load said, or null.</summary>
    public required string? LastError { get; init; }
}

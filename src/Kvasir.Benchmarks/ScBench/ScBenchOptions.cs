using Kvasir.Benchmarks.ScBench.Tasks;
using Kvasir.Benchmarks.ScBench.Workloads;
using Kvasir.Benchmarks.Sessions;

namespace Kvasir.Benchmarks.ScBench;

/// <summary>What <see cref="ScBenchmark"/> runs.</summary>
public sealed record ScBenchOptions
{
    /// <summary>Names of the tasks.</summary>
    public static IReadOnlyList<string> AllTasks => ScTasks.Names;

    /// <summary>Those that are run when none is named.</summary>
    public static IReadOnlyList<string> UsualPolicies => KvMethods.Usual;

    /// <summary>The model's file or folder.</summary>
    public required string Model { get; init; }

    /// <summary>Two sessions of contexts of 1,000 tokens, and a budget of 1/8.</summary>
    public bool Quick { get; init; }

    /// <summary>Tokens of a context; 1,000 or more.</summary>
    public IReadOnlyList<int>? Lengths { get; init; }

    /// <summary>Sessions of each task and length.</summary>
    public int? Sessions { get; init; }

    /// <summary>Other sessions of the same kinds.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>How the tasks are worded.</summary>
    public ScForm Form { get; init; }

    /// <summary>Tasks; all when null.</summary>
    public IReadOnlyList<string>? Tasks { get; init; }

    /// <summary>Modes; multi-turn and multi-request when null.</summary>
    public IReadOnlyList<ScMode>? Modes { get; init; }

    /// <summary>Ways of keeping keys and values; one of each kind when null.</summary>
    public IReadOnlyList<string>? Policies { get; init; }

    /// <summary>Budgets of those that take one: bytes as shares of the whole cache in 16 bits; 1/2 to 1/16 when null.</summary>
    public IReadOnlyList<double>? Budgets { get; init; }

    /// <summary>File that keeps what was measured and is gone on with; none when null.</summary>
    public string? State { get; init; }

    /// <summary>Worker threads; the processors of the machine when null.</summary>
    public int? Threads { get; init; }

    internal IReadOnlyList<int> UsedLengths => Lengths is { Count: > 0 } ? Lengths : Quick ? [1000] : [4000];

    internal int UsedSessions => Sessions ?? (Quick ? 2 : 10);

    internal IReadOnlyList<double> UsedBudgets => Budgets is { Count: > 0 } ? Budgets : Quick ? [0.125] : [0.5, 0.25, 0.125, 0.0625];

    internal IReadOnlyList<ScMode> UsedModes => Modes is { Count: > 0 } ? Modes : [ScMode.MultiTurn, ScMode.MultiRequest];

    internal IReadOnlyList<string> UsedPolicies => Policies is { Count: > 0 } ? Policies : UsualPolicies;

    internal IReadOnlyList<string> UsedTasks => Tasks is { Count: > 0 } ? Tasks : AllTasks;
}

namespace Kvasir.Benchmarks.Rag;

/// <summary>What is measured.</summary>
public sealed record RagBenchmarkOptions
{
    /// <summary>What <see cref="CraftAlpha"/> is when nothing is said.</summary>
    public const double UsualAlpha = 0.5;

    /// <summary>The model that answers; it must be able to read (the bundled one is).</summary>
    public required string Model { get; init; }

    /// <summary>The model of the long prompts, whose answers do not matter; <see cref="Model"/> when null.</summary>
    public string? LongModel { get; init; }

    /// <summary>One seed, few and short prompts: two or three minutes.</summary>
    public bool Quick { get; init; }

    /// <summary>Independent repetitions, which the intervals come from; 5, or 1 when quick, when null.</summary>
    public int? Seeds { get; init; }

    /// <summary>Tokens of the chunks of a prompt whose answer needs the chunk before; several for several lengths.</summary>
    public IReadOnlyList<int> PromptTokens { get; init; } = [1000];

    /// <summary>Lengths of the long prompts, tokens; a usual choice when null.</summary>
    public IReadOnlyList<int>? LongTokens { get; init; }

    /// <summary>Names of suites; all when null.</summary>
    public IReadOnlyList<string>? Suites { get; init; }

    /// <summary>Worker threads; the processors of the machine when null.</summary>
    public int? Threads { get; init; }

    /// <summary>Memory of the KV pool.</summary>
    public long KvBytes { get; init; } = 1L << 30;

    /// <summary>Cache-Craft's α on the trace and in the endurance.</summary>
    public double CraftAlpha { get; init; } = UsualAlpha;

    internal int SeedCount => Seeds ?? (Quick ? 1 : 5);
}

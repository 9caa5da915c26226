namespace Kvasir.Benchmarks.Advice;

/// <summary>What <see cref="KvAdvisor"/> tries.</summary>
public sealed record KvAdviceOptions
{
    /// <summary>Ways that a run tries when none are named: cheap ones of each family, alone and over quantised rows.</summary>
    public static IReadOnlyList<string> UsualWays { get; } =
        ["q8_0", "q4_0", "kivi4", "kivi2", "razor", "snapkv", "cake", "streamingllm", "razor+q8_0", "snapkv+q8_0"];

    /// <summary>The model's file or folder.</summary>
    public required string Model { get; init; }

    /// <summary>What must hold.</summary>
    public required QualityFloor Floor { get; init; }

    /// <summary>The workload: prompts and questions; null for the built-in sample.</summary>
    public IReadOnlyList<SamplePrompt>? Sample { get; init; }

    /// <summary>Prompts of the built-in sample, or most of the given ones.</summary>
    public int Prompts { get; init; } = 40;

    /// <summary>Tokens of a context of the built-in sample.</summary>
    public int Length { get; init; } = 1000;

    /// <summary>Longest answer that is compared, tokens.</summary>
    public int AnswerTokens { get; init; } = 32;

    /// <summary>KV types, policies, and policies over types (<c>snapkv+q8_0</c>).</summary>
    public IReadOnlyList<string> Ways { get; init; } = UsualWays;

    /// <summary>Budgets of those that take one, as shares of the whole cache in 16 bits.</summary>
    public IReadOnlyList<double> Budgets { get; init; } = [0.5, 0.35, 0.25, 0.125];

    /// <summary>Seed of the built-in sample.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Worker threads; the processors of the machine when null.</summary>
    public int? Threads { get; init; }
}

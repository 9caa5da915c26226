using Kvasir.Benchmarks.Sessions;

namespace Kvasir.Benchmarks.Perplexities;

/// <summary>What <see cref="PerplexityBenchmark"/> runs.</summary>
public sealed record PerplexityOptions
{
    /// <summary>The model's file or folder.</summary>
    public required string Model { get; init; }

    /// <summary>The text that is read.</summary>
    public required string Text { get; init; }

    /// <summary>Tokens of a piece that are encoded as a context.</summary>
    public int ContextTokens { get; init; } = 1024;

    /// <summary>Tokens behind them that are judged.</summary>
    public int JudgedTokens { get; init; } = 128;

    /// <summary>Most pieces of the text.</summary>
    public int Pieces { get; init; } = 4;

    /// <summary>Ways of keeping keys and values; the exact cache is always read too.</summary>
    public IReadOnlyList<string> Policies { get; init; } = [KvMethods.Full, "q8_0"];

    /// <summary>Budgets of those that take one.</summary>
    public IReadOnlyList<double> Budgets { get; init; } = [0.5, 0.25, 0.125, 0.0625];

    /// <summary>Worker threads; the processors of the machine when null.</summary>
    public int? Threads { get; init; }
}

using Kvasir.Benchmarks.Sessions;

namespace Kvasir.Benchmarks.Needle;

/// <summary>What <see cref="NeedleBenchmark"/> runs.</summary>
public sealed record NeedleOptions
{
    /// <summary>The model's file or folder.</summary>
    public required string Model { get; init; }

    /// <summary>Tokens of a context.</summary>
    public IReadOnlyList<int> Lengths { get; init; } = [1000, 2000, 4000];

    /// <summary>Where the needle lies, 0 (at the begin) to 1.</summary>
    public IReadOnlyList<double> Depths { get; init; } = [0, 0.25, 0.5, 0.75, 1];

    /// <summary>Contexts of each length and depth.</summary>
    public int Samples { get; init; } = 5;

    /// <summary>Other texts and needles.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Ways of keeping keys and values.</summary>
    public IReadOnlyList<string> Policies { get; init; } = [KvMethods.Full];

    /// <summary>Budgets of those that take one.</summary>
    public IReadOnlyList<double> Budgets { get; init; } = [0.5, 0.25, 0.125, 0.0625];

    /// <summary>Worker threads; the processors of the machine when null.</summary>
    public int? Threads { get; init; }
}

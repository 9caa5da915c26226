namespace Kvasir.Benchmarks.Compression;

/// <summary>What <see cref="CompressionBenchmark"/> runs.</summary>
public sealed record CompressionOptions
{
    /// <summary>The model's file or folder; it must be able to read.</summary>
    public required string Model { get; init; }

    /// <summary>A model whose shape is that of one that people run, for speed; only its shape matters. Skipped when null.</summary>
    public string? SpeedModel { get; init; }

    /// <summary>Few prompts, short contexts: some minutes.</summary>
    public bool Quick { get; init; }

    /// <summary>Suites; all when empty.</summary>
    public IReadOnlyList<string> Suites { get; init; } = CompressionBenchmark.Suites;

    /// <summary>The text that perplexities are of; their part of the suite is skipped when null.</summary>
    public string? Text { get; init; }

    /// <summary>Prompts of the comparisons.</summary>
    public int? Prompts { get; init; }

    /// <summary>Tokens of a context.</summary>
    public int? Length { get; init; }

    /// <summary>Other prompts of the same kinds.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Worker threads; the processors of the machine when null.</summary>
    public int? Threads { get; init; }

    internal int UsedPrompts => Prompts ?? (Quick ? 12 : 60);

    internal int UsedLength => Length ?? (Quick ? 1000 : 2000);
}

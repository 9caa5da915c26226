namespace Kvasir.Engine.Compression;

/// <summary>What compression did to a sequence.</summary>
public sealed record CompressionStatistics
{
    /// <summary>The policy.</summary>
    public required string Policy { get; init; }

    /// <summary>Rows before the compress point.</summary>
    public required int Rows { get; init; }

    /// <summary>Rows that a KV head of a layer kept, on average.</summary>
    public required double KeptRows { get; init; }

    /// <summary>Bytes of the kept rows, scales and biases included, by the pool's blocks.</summary>
    public required long Bytes { get; init; }

    /// <summary>Bytes of the kept rows alone, scales included: without what is free in the pool's blocks.</summary>
    public required double RowBytes { get; init; }

    /// <summary>Bytes that all rows take.</summary>
    public required long FullBytes { get; init; }

    /// <summary>Share of the attention that the policy looked at which lay on kept rows, mean over KV heads and layers; null when it looks at none.</summary>
    public double? MassKept { get; init; }

    /// <summary>Most blocks that the sequence held, the compress step included.</summary>
    public required int PeakBlocks { get; init; }

    /// <summary>Rows that a KV head kept, by layer, on average over its heads.</summary>
    public required IReadOnlyList<double> LayerRows { get; init; }

    /// <summary>Rows dropped while the answer grew, over all layers and lanes.</summary>
    public long DroppedInAnswer { get; internal set; }

    /// <summary>What choosing took, up to the compress point.</summary>
    public required ChoiceTime PromptTime { get; init; }

    /// <summary>What choosing took behind it.</summary>
    public ChoiceTime AnswerTime { get; internal set; }
}

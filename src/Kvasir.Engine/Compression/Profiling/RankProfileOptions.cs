namespace Kvasir.Engine.Compression.Profiling;

/// <summary>How the directions of a model's keys and values are measured.</summary>
public sealed record RankProfileOptions
{
    /// <summary>Tokens of the text that are read at most.</summary>
    public int MaxTokens { get; init; } = 16384;

    /// <summary>Tokens of a piece that is read at once.</summary>
    public int PieceTokens { get; init; } = 1024;

    /// <summary>KV heads that share directions (Palu's G-LRD); 1 for each its own (M-LRD).</summary>
    public int GroupHeads { get; init; } = 1;

    /// <summary>How directions are found.</summary>
    public RankDirections Directions { get; init; } = RankDirections.Weighted;

    /// <summary>
    /// Tokens at the end of a piece that are read behind cut rows, for what a layer's directions are worth; 0 to take all layers for alike.
    /// </summary>
    public int JudgedTokens { get; init; } = 64;

    /// <summary>Pieces that are read so.</summary>
    public int JudgedPieces { get; init; } = 3;
}

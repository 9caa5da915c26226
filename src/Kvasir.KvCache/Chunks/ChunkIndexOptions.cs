namespace Kvasir.KvCache.Chunks;

/// <summary>Bounds of a <see cref="ChunkIndex"/>.</summary>
public sealed record ChunkIndexOptions
{
    /// <summary>Most blocks that it holds.</summary>
    public required int MaxBlocks { get; init; }
}

using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Chunks;

/// <summary>
/// How much a chunk's rows depend on what stood before it when they were computed (Cache-Craft, arXiv 2502.15734, section 3): attention
/// mass of its queries on what stood before and on itself, taken while the true forward pass ran.
/// </summary>
/// <remarks>a(t, u) is the attention weight of query t on key u, mean over query heads. "Mean" below is over layers.</remarks>
public sealed record ChunkContext
{
    /// <summary>What stood before the chunk, in order: other chunks, and the texts between them as chunks of their own.</summary>
    public required IReadOnlyList<BlockKey> Before { get; init; }

    /// <summary>
    /// True when the first of <see cref="Before"/> is the text that the prompt begins with, in front of all chunks (the paper's S). Attention
    /// that has nothing to look at rests there, so it is no context of the chunk while the same text stands there again.
    /// </summary>
    public required bool HasSystemText { get; init; }

    /// <summary>Tokens of each of <see cref="Before"/>.</summary>
    public required IReadOnlyList<int> BeforeLengths { get; init; }

    /// <summary>Mean of the sum of a(t, u) over the chunk's t and the u of each of <see cref="Before"/>.</summary>
    public required IReadOnlyList<double> Inter { get; init; }

    /// <summary>Mean of the sum of a(t, u) over t and u of the chunk, the diagonal included.</summary>
    public required double Intra { get; init; }

    /// <summary>For each token of the chunk the mean of the sum of a(t, u) over all u before the chunk, the system text left out.</summary>
    public required ReadOnlyMemory<float> TokenScores { get; init; }
}

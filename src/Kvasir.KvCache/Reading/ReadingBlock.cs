using Kvasir.KvCache.Compression;

namespace Kvasir.KvCache.Reading;

/// <summary>Queries that read the same rows: a block of a prompt, or one row of an answer. Valid during the call only.</summary>
public readonly ref struct ReadingBlock
{
    /// <summary>Layer, among those that keep keys and values.</summary>
    public required int Layer { get; init; }

    /// <summary>KV head.</summary>
    public required int Head { get; init; }

    /// <summary>Position of the block's first row; a multiple of <see cref="RowReader.BlockRows"/> in a prompt, whatever the step begins with.</summary>
    public required int Start { get; init; }

    /// <summary>Position of a row of an answer, or of the last row of the step in the block.</summary>
    public required int Last { get; init; }

    /// <summary>
    /// Rotated queries of the first row in the step <c>[group, headDim]</c>. For rows of an answer, which are alone in their blocks, only.
    /// </summary>
    public required ReadOnlySpan<float> Queries { get; init; }

    /// <summary>The layer's rows; those at positions up to <see cref="Last"/> are there.</summary>
    public required IKvRowSource Rows { get; init; }
}

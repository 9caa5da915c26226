namespace Kvasir.KvCache.Compression;

/// <summary>What a compressor sees of a layer when a row of the answer has passed its attention. Valid during the call.</summary>
public readonly ref struct AnswerSignals
{
    /// <summary>The layer, from 0.</summary>
    public required int Layer { get; init; }

    /// <summary>Position of the row.</summary>
    public required int Position { get; init; }

    /// <summary>Number of the row among those of the answer, from 1.</summary>
    public required int Step { get; init; }

    /// <summary>Rows of each lane, this one included <c>[lanes]</c>; lanes are KV heads, or one for all.</summary>
    public required ReadOnlySpan<int> LaneRows { get; init; }

    /// <summary>Weights of the row <c>[queryHeads, Columns]</c> by row of the lane; empty when not asked for.</summary>
    public ReadOnlySpan<float> Weights { get; init; }

    /// <summary>Columns of <see cref="Weights"/>.</summary>
    public int Columns { get; init; }

    /// <summary>
    /// Rows to which a query of the KV head gave <see cref="Compressor.LookThreshold"/> or more, a bit each by row of the lane <c>[kvHeads, words]</c>;
    /// empty when not asked for.
    /// </summary>
    public ReadOnlySpan<ulong> Looked { get; init; }

    /// <summary>Reads keys and values.</summary>
    public required IKvRowSource Rows { get; init; }

    /// <summary>Looks at the rows of one KV head.</summary>
    public ReadOnlySpan<ulong> LookedOf(int head, int kvHeads, int rows) => Looked.Slice(head * (Looked.Length / kvHeads), (rows + 63) / 64);

    /// <summary>Weights of one query head on the rows of its lane.</summary>
    public ReadOnlySpan<float> WeightsOf(int queryHead, int rows) => Weights.Slice(queryHead * Columns, rows);
}

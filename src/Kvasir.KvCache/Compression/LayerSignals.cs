namespace Kvasir.KvCache.Compression;

/// <summary>What a compressor sees of a layer at the compress point. Valid during the call.</summary>
public readonly ref struct LayerSignals
{
    /// <summary>The layer, from 0.</summary>
    public required int Layer { get; init; }

    /// <summary>Rows before the compress point.</summary>
    public required int Length { get; init; }

    /// <summary>Weights of the last <see cref="Compressor.WindowRows"/> rows on all rows, <c>[window, queryHeads, Length]</c>; empty when not asked for.</summary>
    public ReadOnlySpan<float> Window { get; init; }

    /// <summary>Rows of <see cref="Window"/>: fewer than asked for when the prompt is shorter.</summary>
    public int WindowRows { get; init; }

    /// <summary>Mass that all rows put on each row, mean over the query heads of a KV head, <c>[kvHeads, Length]</c>; empty when not asked for.</summary>
    public ReadOnlySpan<float> ColumnMass { get; init; }

    /// <summary>Reads keys and values.</summary>
    public required IKvRowSource Rows { get; init; }

    /// <summary>Weights of one window row and query head <c>[Length]</c>.</summary>
    public ReadOnlySpan<float> WindowOf(int row, int queryHead, int queryHeads) =>
        Window.Slice(((row * queryHeads) + queryHead) * Length, Length);
}

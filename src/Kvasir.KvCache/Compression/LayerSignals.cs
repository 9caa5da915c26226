namespace Kvasir.KvCache.Compression;

/// <summary>What a compressor sees of a layer at the compress point. Valid during the call.</summary>
public readonly ref struct LayerSignals
{
    /// <summary>The layer, from 0.</summary>
    public required int Layer { get; init; }

    /// <summary>Rows before the compress point.</summary>
    public required int Length { get; init; }

    /// <summary>
    /// Weights of the last <see cref="Compressor.WindowRows"/> rows on all rows, <c>[window, queryHeads, Length]</c>, of <see cref="WindowHeads"/>
    /// when there are any; empty when not asked for.
    /// </summary>
    public ReadOnlySpan<float> Window { get; init; }

    /// <summary>Rows of <see cref="Window"/>: fewer than asked for when the prompt is shorter.</summary>
    public int WindowRows { get; init; }

    /// <summary>Query heads that the window's weights are of, as <see cref="Compressor.WindowHeads"/> said; empty for all.</summary>
    public ReadOnlySpan<int> WindowHeads { get; init; }

    /// <summary>Mass that all rows put on each row, summed over the query heads of a KV head, <c>[kvHeads, Length]</c>; empty when not asked for.</summary>
    public ReadOnlySpan<float> ColumnMass { get; init; }

    /// <summary>Reads keys and values.</summary>
    public required IKvRowSource Rows { get; init; }

    /// <summary>Weights of one window row <c>[Length]</c>.</summary>
    /// <param name="row">Row of the window.</param>
    /// <param name="head">Number among <see cref="WindowHeads"/>; a query head when there are all.</param>
    /// <param name="heads">How many there are.</param>
    public ReadOnlySpan<float> WindowOf(int row, int head, int heads) => Window.Slice(((row * heads) + head) * Length, Length);
}

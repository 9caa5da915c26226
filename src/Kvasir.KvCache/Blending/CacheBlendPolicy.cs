namespace Kvasir.KvCache.Blending;

/// <summary>
/// CacheBlend (Yao et al. 2025, arXiv 2405.16444): of all reused rows those are repaired that deviate most from the true ones at the check
/// layer (HKVD tokens).
/// </summary>
/// <remarks>
/// Gradual filtering (section 4.3 of the paper, which gives no schedule): layer l of L repairs the share <c>r · (1.4 - 0.8 · l / (L - 1))</c>,
/// at least <c>0.5 · r</c> and at most 1, so that r is the mean over layers. The rows are selected anew every <see cref="GroupLayers"/>
/// layers, by the share of the group's middle. The first selection alone is pooled; the later ones go by each row's own deviation.
/// <para>Pooling is ours. In a small model the rows that deviate most at the check layer are the ends of sentences, one by one, and not the
/// words between them that an answer is copied from; averaged over neighbours, the beginnings of chunks come first, which lost what they
/// went on from. Where a text is cut that is what matters, and it is no better than repairing first rows outright; a reference in the middle
/// of a chunk is repaired by neither. Measured by <c>kvasir bench rag --suite quality</c> (<c>cacheblendPooled.*</c>).</para>
/// </remarks>
/// <param name="ratio">r: share of the reused rows, 0 to 1.</param>
/// <param name="deviation">The distance: over values in the prototype, over rotated keys in LMCache.</param>
/// <param name="gradual">True for gradual filtering; false for one selection, as both code bases have it.</param>
/// <param name="pool">Rows on each side, within the chunk, whose deviations a row's is averaged with; 0 as published.</param>
public sealed class CacheBlendPolicy(double ratio, DeviationKind deviation = DeviationKind.ValueSquared, bool gradual = false, int pool = 0)
    : IBlendPolicy
{
    /// <summary>
    /// The radius of "cacheblend-pooled", chosen on the bundled model: 3, 6, 12 and 20 are equal where references stand at the beginning of a
    /// chunk, and 3 does least harm where they do not.
    /// </summary>
    public const int UsualPool = 3;

    /// <summary>Largest radius.</summary>
    public const int MostPool = 256;

    /// <summary>Layers between two selections.</summary>
    public const int GroupLayers = 4;

    private const double FirstShare = 1.4;
    private const double Decline = 0.8;
    private const double LeastShare = 0.5;

    private readonly double _ratio = PolicyArguments.Ratio(ratio);
    private readonly int _pool =
        pool is >= 0 and <= MostPool ? pool : throw new ArgumentOutOfRangeException(nameof(pool), pool, $"rows to average with on each side are 0 to {MostPool}");

    /// <inheritdoc/>
    public string Name => FormattableString.Invariant(
        $"cacheblend r={_ratio} by {deviation}{(_pool > 0 ? $", pooled over {_pool} rows each side" : "")}{(gradual ? ", gradual" : "")}");

    /// <inheritdoc/>
    public BlendSignals Signals => BlendSignals.Deviation;

    /// <inheritdoc/>
    public DeviationKind Deviation => deviation;

    // What the first layer repairs; later ones repair fewer of these.
    private double Widest => gradual ? Math.Min(1, FirstShare * _ratio) : _ratio;

    /// <inheritdoc/>
    public IBlendPolicy AtLeast(double least) => least <= _ratio ? this : new CacheBlendPolicy(Math.Min(1, least), deviation, gradual, _pool);

    /// <inheritdoc/>
    public int MostRepairs(int rows) => RowRanking.Floor(Widest, rows);

    /// <inheritdoc/>
    public void Select(in BlendSnapshot snapshot, List<int> repaired) => RowRanking.AddLargest(
        _pool == 0 ? snapshot.Deviation : RowRanking.Pooled(snapshot.Deviation, snapshot.Spans, _pool), MostRepairs(snapshot.Rows), 0, repaired);

    /// <inheritdoc/>
    public double ShareAbove(int layer, int layers)
    {
        if (!gradual || _ratio >= 1)
            return 1;
        if (layers < 2)
            return _ratio;
        var first = layer - (layer % GroupLayers);
        var last = Math.Min(first + GroupLayers, layers) - 1;
        var depth = 0.5 * (first + last) / (layers - 1);
        return Math.Min(1, _ratio * Math.Max(LeastShare, FirstShare - (Decline * depth)));
    }
}

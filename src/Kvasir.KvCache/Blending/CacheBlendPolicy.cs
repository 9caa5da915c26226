namespace Kvasir.KvCache.Blending;

/// <summary>
/// CacheBlend (Yao et al. 2025, arXiv 2405.16444): of all reused rows those are repaired that deviate most from the true ones at the check
/// layer (HKVD tokens).
/// </summary>
/// <remarks>
/// Gradual filtering (section 4.3 of the paper, which gives no schedule): layer l of L repairs the share <c>r · (1.4 - 0.8 · l / (L - 1))</c>,
/// at least <c>0.5 · r</c> and at most 1, so that r is the mean over layers. The rows are selected anew every <see cref="GroupLayers"/>
/// layers, by the share of the group's middle.
/// </remarks>
/// <param name="ratio">r: share of the reused rows, 0 to 1.</param>
/// <param name="deviation">The distance: over values in the prototype, over rotated keys in LMCache.</param>
/// <param name="gradual">True for gradual filtering; false for one selection, as both code bases have it.</param>
public sealed class CacheBlendPolicy(double ratio, DeviationKind deviation = DeviationKind.ValueSquared, bool gradual = false) : IBlendPolicy
{
    /// <summary>Layers between two selections.</summary>
    public const int GroupLayers = 4;

    private const double FirstShare = 1.4;
    private const double Decline = 0.8;
    private const double LeastShare = 0.5;

    private readonly double _ratio = PolicyArguments.Ratio(ratio);

    /// <inheritdoc/>
    public string Name => FormattableString.Invariant($"cacheblend r={_ratio} by {deviation}{(gradual ? ", gradual" : "")}");

    /// <inheritdoc/>
    public BlendSignals Signals => BlendSignals.Deviation;

    /// <inheritdoc/>
    public DeviationKind Deviation => deviation;

    // What the first layer repairs; later ones repair fewer of these.
    private double Widest => gradual ? Math.Min(1, FirstShare * _ratio) : _ratio;

    /// <inheritdoc/>
    public IBlendPolicy AtLeast(double least) => least <= _ratio ? this : new CacheBlendPolicy(Math.Min(1, least), deviation, gradual);

    /// <inheritdoc/>
    public int MostRepairs(int rows) => RowRanking.Floor(Widest, rows);

    /// <inheritdoc/>
    public void Select(in BlendSnapshot snapshot, List<int> repaired) =>
        RowRanking.AddLargest(snapshot.Deviation, MostRepairs(snapshot.Rows), 0, repaired);

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

namespace Kvasir.KvCache.Blending;

/// <summary>
/// Baseline: the first rows of every chunk, equally many of each as far as they go (EPIC, arXiv 2410.15332: a chunk's first tokens are
/// the ones that have taken an attention sink's part).
/// </summary>
/// <param name="ratio">Share of the reused rows, 0 to 1.</param>
public sealed class FirstRowsPolicy(double ratio) : IBlendPolicy
{
    private readonly double _ratio = PolicyArguments.Ratio(ratio);

    /// <inheritdoc/>
    public string Name => FormattableString.Invariant($"first r={_ratio}");

    /// <inheritdoc/>
    public BlendSignals Signals => BlendSignals.None;

    /// <inheritdoc/>
    public int MostRepairs(int rows) => RowRanking.Floor(_ratio, rows);

    /// <inheritdoc/>
    public void Select(in BlendSnapshot snapshot, List<int> repaired)
    {
        var scores = new float[snapshot.Rows];
        foreach (var span in snapshot.Spans)
        {
            for (var i = 0; i < span.Length; i++)
                scores[span.FirstIndex + i] = -i;
        }

        RowRanking.AddLargest(scores, MostRepairs(snapshot.Rows), 0, repaired);
    }
}

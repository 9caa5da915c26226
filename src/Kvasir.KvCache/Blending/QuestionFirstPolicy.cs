namespace Kvasir.KvCache.Blending;

/// <summary>
/// Ours: the question is asked of the reused rows as they are, and what it looks at is repaired: rows around those that get most attention in
/// the deeper half of the layers.
/// </summary>
/// <remarks>
/// What deviates most is not what matters most: deviations at the check layer know nothing of the question, and where a chunk is continued
/// from another one all its sentences deviate alike. The question's first pass costs its own rows only, a small part of a prompt.
/// </remarks>
/// <param name="ratio">Share of the reused rows that is repaired, 0 to 1.</param>
public sealed class QuestionFirstPolicy(double ratio) : IBlendPolicy
{
    /// <summary>Rows on each side, within the chunk, whose attention a row's is averaged with: what is looked at stands in a sentence.</summary>
    public const int Pool = 8;

    private readonly double _ratio = PolicyArguments.Ratio(ratio);

    /// <inheritdoc/>
    public string Name => FormattableString.Invariant($"question-first r={_ratio}");

    /// <inheritdoc/>
    public BlendSignals Signals => BlendSignals.QuestionColumns;

    /// <inheritdoc/>
    public IBlendPolicy AtLeast(double least) => least <= _ratio ? this : new QuestionFirstPolicy(Math.Min(1, least));

    /// <inheritdoc/>
    public int MostRepairs(int rows) => RowRanking.Floor(_ratio, rows);

    /// <inheritdoc/>
    public void Select(in BlendSnapshot snapshot, List<int> repaired) =>
        RowRanking.AddLargest(RowRanking.Pooled(snapshot.ColumnMass, snapshot.Spans, Pool), MostRepairs(snapshot.Rows), 0, repaired);
}

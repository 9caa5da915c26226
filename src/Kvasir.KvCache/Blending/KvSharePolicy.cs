namespace Kvasir.KvCache.Blending;

/// <summary>
/// KVShare's dual-stage high-deviation selection (arXiv 2503.16525 v2): rows are ranked by their effect on the attention output,
/// <c>α_j · δ_j</c>, when the prompt is computed, and again beside every token of the answer.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>α_j is the attention that row j gets at the check layer, over the number of queries that can see it: positions j to
/// <see cref="BlendSnapshot.QueryEnd"/>, itself included. A plain sum would favour early rows.</item>
/// <item>δ_j is the sum of absolute value differences at the same layer. Values carry no rope, so it is context error alone.</item>
/// <item>Beside a token of the answer: the largest products of what that token looked at (the current row alone) and δ_j, of those above
/// a threshold. Rows that were repaired have δ_j = 0 and are never named.</item>
/// </list>
/// </remarks>
/// <param name="ratio">Share of the reused rows that is repaired with the prompt, 0 to 1.</param>
/// <param name="answerRepairs">Most rows beside each token of the answer (3 in the paper); 0 for the form without the second stage.</param>
/// <param name="threshold">Score that a row must exceed to be repaired beside the answer; at least 0.</param>
/// <param name="score">What rows of the prompt are ranked by.</param>
public sealed class KvSharePolicy(
    double ratio, int answerRepairs = 3, double threshold = 0, KvShareScore score = KvShareScore.MeanMassTimesDeviation) : IBlendPolicy
{
    /// <summary>Most rows that can be asked for beside a token of the answer.</summary>
    public const int MostAnswerRepairs = 256;

    private readonly double _ratio = PolicyArguments.Ratio(ratio);
    private readonly int _answerRepairs =
        answerRepairs is >= 0 and <= MostAnswerRepairs ? answerRepairs
        : throw new ArgumentOutOfRangeException(nameof(answerRepairs), answerRepairs, $"rows beside a token of the answer are 0 to {MostAnswerRepairs}");

    private readonly double _threshold =
        threshold >= 0 ? threshold : throw new ArgumentOutOfRangeException(nameof(threshold), threshold, "the threshold is at least 0");

    /// <inheritdoc/>
    public string Name => FormattableString.Invariant($"kvshare r={_ratio}, {_answerRepairs} a token above {_threshold}{(score == default ? "" : $", by {score}")}");

    /// <inheritdoc/>
    public BlendSignals Signals => BlendSignals.Deviation
        | (score == KvShareScore.Deviation ? BlendSignals.None : BlendSignals.ColumnMass)
        | (AnswerRepairs > 0 ? BlendSignals.AnswerMass : BlendSignals.None);

    /// <inheritdoc/>
    public DeviationKind Deviation => DeviationKind.ValueAbsolute;

    /// <inheritdoc/>
    public int AnswerRepairs => _ratio >= 1 ? 0 : _answerRepairs; // nothing is left to be repaired

    /// <inheritdoc/>
    public int MostRepairs(int rows) => RowRanking.Floor(_ratio, rows);

    /// <inheritdoc/>
    public void Select(in BlendSnapshot snapshot, List<int> repaired)
    {
        if (score == KvShareScore.Deviation)
        {
            RowRanking.AddLargest(snapshot.Deviation, MostRepairs(snapshot.Rows), 0, repaired);
            return;
        }

        var end = snapshot.QueryEnd == 0 ? snapshot.PromptLength : snapshot.QueryEnd;
        var scores = new float[snapshot.Rows];
        foreach (var span in snapshot.Spans)
        {
            for (var i = 0; i < span.Length; i++)
            {
                var row = span.FirstIndex + i;
                var mass = snapshot.ColumnMass[row];
                if (score != KvShareScore.SumMassTimesDeviation)
                    mass /= Math.Max(1, end - (span.Start + i));
                scores[row] = score == KvShareScore.MeanMass ? mass : mass * snapshot.Deviation[row];
            }
        }

        RowRanking.AddLargest(scores, MostRepairs(snapshot.Rows), 0, repaired);
    }

    /// <inheritdoc/>
    public void SelectForAnswer(in AnswerSnapshot snapshot, List<int> repaired)
    {
        Span<int> best = stackalloc int[AnswerRepairs];
        Span<float> scores = stackalloc float[best.Length];
        var count = 0;
        for (var row = 0; row < snapshot.Deviation.Length && best.Length > 0; row++)
        {
            if (snapshot.Deviation[row] == 0)
                continue;
            var value = snapshot.Mass[row] * snapshot.Deviation[row];
            value = float.IsNaN(value) ? float.PositiveInfinity : value;
            if (!(value > _threshold) || (count == best.Length && value <= scores[count - 1]))
                continue;
            // Insertion keeps the best few in order; ties stay with the lower row.
            var at = count == best.Length ? count - 1 : count++;
            for (; at > 0 && scores[at - 1] < value; at--)
                (best[at], scores[at]) = (best[at - 1], scores[at - 1]);
            (best[at], scores[at]) = (row, value);
        }

        best[..count].Sort();
        foreach (var row in best[..count])
            repaired.Add(row);
    }
}

namespace Kvasir.KvCache.Blending;

/// <summary>
/// Cache-Craft (Agarwal et al. 2025, arXiv 2502.15734): attention that was measured when a chunk was computed says which variant fits a
/// prompt best, how much of it must be repaired, and which of its tokens: those that looked most at what stood before it.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>A chunk of n tokens has <c>N = ceil(CFO · n)</c> repaired (<see cref="ContextFit"/>), by token score. Nothing where what stands
/// before it is what stood before it.</item>
/// <item>Without recorded context, or when only a part of a chunk is reused, CFO is the largest possible and the first rows are taken.</item>
/// <item>With <see cref="Ratio"/> the number of rows is fixed, as with other policies, and CFO only says how the chunks share them.</item>
/// <item>The repair of chunks that the question does not look at ends early (<see cref="QuestionFocus"/>).</item>
/// </list>
/// </remarks>
public sealed class CacheCraftPolicy : IBlendPolicy
{
    /// <summary>Least CFO in the worth of a reuse, 1 / CFO.</summary>
    public const double LeastOverhead = 0.01;

    // Room for the rounding up: a row a stretch, of 16 rows at least on average.
    private const int RowsPerRounding = 16;

    private readonly double _alpha;

    /// <summary>Creates the policy.</summary>
    /// <param name="alpha">Factor of CFO, found for a model and a workload (<see cref="AlphaFit"/>); at least 0.</param>
    public CacheCraftPolicy(double alpha)
    {
        if (!(alpha >= 0 && double.IsFinite(alpha)))
            throw new ArgumentOutOfRangeException(nameof(alpha), alpha, "alpha is finite and at least 0");
        _alpha = alpha;
    }

    /// <summary>A chunk whose best variant has this CFO or more is computed, which makes a new variant.</summary>
    public double Cutoff { get; init; } = 1;

    /// <summary>Share of the reused rows that is repaired, whatever alpha; null to let CFO decide.</summary>
    public double? Ratio { get; init => field = value is { } ratio ? PolicyArguments.Ratio(ratio) : null; }

    /// <summary>False to repair every chunk through all layers.</summary>
    public bool EndsEarly { get; init; } = true;

    /// <summary>w: layers that the question's focus must stay the same.</summary>
    public int SettledLayers { get; init; } = 3;

    /// <summary>
    /// Share of the model's layers before which no repair ends. The paper finds the focus clear by layers 10 to 15 of 32; in the bundled model
    /// it is later, and an end at 15/32 costs answers.
    /// </summary>
    public double LeastDepth { get; init; } = 0.6;

    /// <inheritdoc/>
    public string Name => FormattableString.Invariant($"cachecraft {(Ratio is { } ratio ? $"r={ratio}" : $"alpha={_alpha}")}{(EndsEarly ? ", ends early" : "")}");

    /// <inheritdoc/>
    public BlendSignals Signals => EndsEarlyNow ? BlendSignals.Context | BlendSignals.QuestionMass : BlendSignals.Context;

    // At ratio 1 the answer must be exact.
    private bool EndsEarlyNow => EndsEarly && !(Ratio >= 1);

    /// <inheritdoc/>
    public int Choose(in VariantChoice choice)
    {
        var (best, least) = (-1, double.PositiveInfinity);
        for (var i = 0; i < choice.Variants.Count; i++)
        {
            var run = choice.Variants[i];
            var overhead = ContextFit.FixOverhead(_alpha, run.Context, run.Length, choice.Before);
            if (overhead <= least) // of equal ones the newest
                (best, least) = (i, overhead);
        }

        return Ratio is null && least >= Cutoff ? -1 : best;
    }

    /// <inheritdoc/>
    public double ReuseValue(in BlendSpan span) => 1 / Math.Max(FixOverhead(span), LeastOverhead);

    /// <inheritdoc/>
    public int MostRepairs(int rows) =>
        Ratio is { } ratio ? RowRanking.Floor(ratio, rows)
        : _alpha == 0 ? 0
        : Math.Min(rows, RowRanking.Ceiling(_alpha, rows) + (rows / RowsPerRounding));

    /// <inheritdoc/>
    public void Select(in BlendSnapshot snapshot, List<int> repaired)
    {
        var spans = snapshot.Spans;
        var lengths = new int[spans.Length];
        var overheads = new double[spans.Length];
        for (var i = 0; i < spans.Length; i++)
        {
            lengths[i] = spans[i].Length;
            overheads[i] = FixOverhead(spans[i]);
        }

        var most = MostRepairs(snapshot.Rows);
        var rows = Ratio is null ? RowsOf(overheads, lengths) : RowBudget.Distribute(most, lengths, overheads);
        if (rows.Sum() > most)
            rows = RowBudget.Distribute(most, rows, overheads); // very many very short stretches
        for (var i = 0; i < spans.Length; i++)
        {
            // Without scores all are equal: the first rows.
            var scores = Known(spans[i])?.TokenScores ?? new float[spans[i].Length];
            RowRanking.AddLargest(scores.Span, rows[i], spans[i].FirstIndex, repaired);
        }
    }

    /// <inheritdoc/>
    public void EndSpans(in FocusSnapshot snapshot, Span<bool> ended)
    {
        if (EndsEarlyNow)
            QuestionFocus.EndUnfocused(snapshot, SettledLayers, LeastDepth, ended);
    }

    private static int[] RowsOf(double[] overheads, int[] lengths)
    {
        var rows = new int[lengths.Length];
        for (var i = 0; i < rows.Length; i++)
            rows[i] = RowRanking.Ceiling(overheads[i], lengths[i]);
        return rows;
    }

    /// <summary>The context, when it is of these very rows.</summary>
    private static Chunks.ChunkContext? Known(in BlendSpan span) => span.Context?.TokenScores.Length == span.Length ? span.Context : null;

    private double FixOverhead(in BlendSpan span) => ContextFit.FixOverhead(_alpha, Known(span), span.Length, span.Before);
}

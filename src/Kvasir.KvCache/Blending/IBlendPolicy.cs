namespace Kvasir.KvCache.Blending;

/// <summary>
/// Decides which rows of reused chunks are computed again. A pure decision over a snapshot: what is measured, moved and computed is the
/// engine's business. An instance serves many requests at once and keeps nothing of them.
/// </summary>
public interface IBlendPolicy
{
    /// <summary>The published name with its parameters, for messages, metrics and reports.</summary>
    string Name { get; }

    /// <summary>What it wants to know.</summary>
    BlendSignals Signals { get; }

    /// <summary>The distance that <see cref="BlendSignals.Deviation"/> gives.</summary>
    DeviationKind Deviation => DeviationKind.ValueSquared;

    /// <summary>False to read moved keys as if they had not been moved (a baseline that shows why they must be rotated).</summary>
    bool CorrectsPositions => true;

    /// <summary>Index of the variant to reuse, or -1 to compute the chunk (which makes a new variant).</summary>
    int Choose(in VariantChoice choice) => choice.Variants.Count - 1;

    /// <summary>Worth of a reuse of a variant, added to what keeps it in the index.</summary>
    double ReuseValue(in BlendSpan span) => 1;

    /// <summary>The same policy with at least a share of the rows repaired: while chunks are being loaded, more repair costs no time.</summary>
    IBlendPolicy AtLeast(double ratio) => this;

    /// <summary>Most rows that <see cref="Select"/> will name of <paramref name="rows"/> reused ones; memory is reserved for them.</summary>
    int MostRepairs(int rows);

    /// <summary>Names the rows to be computed again: indices of reused rows, ascending.</summary>
    void Select(in BlendSnapshot snapshot, List<int> repaired);

    /// <summary>
    /// Rows that go on being repaired above a layer, as a share of the reused ones; never grows with the layer. Where it falls, those with
    /// the largest deviation in that layer go on (gradual filtering).
    /// </summary>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="layers">Layers of the model.</param>
    double ShareAbove(int layer, int layers) => 1;

    /// <summary>Marks the stretches whose repair ends before the next layer. Asked with <see cref="BlendSignals.QuestionMass"/> only.</summary>
    /// <param name="snapshot">What the question looked at.</param>
    /// <param name="ended">True for stretches that have ended; a policy only ever sets more of them <c>[Spans]</c>.</param>
    void EndSpans(in FocusSnapshot snapshot, Span<bool> ended)
    {
    }

    /// <summary>Most rows that are repaired beside each token of the answer; 0 for none.</summary>
    int AnswerRepairs => 0;

    /// <summary>Names them: indices of reused rows, ascending. Asked with <see cref="BlendSignals.AnswerMass"/> only.</summary>
    void SelectForAnswer(in AnswerSnapshot snapshot, List<int> repaired)
    {
    }
}

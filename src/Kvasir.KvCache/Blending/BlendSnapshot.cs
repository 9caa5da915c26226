namespace Kvasir.KvCache.Blending;

/// <summary>What a blend policy decides from. Reused rows are numbered through, span by span, in ascending position.</summary>
public readonly ref struct BlendSnapshot
{
    /// <summary>The reused stretches, ascending.</summary>
    public required ReadOnlySpan<BlendSpan> Spans { get; init; }

    /// <summary>Reused rows in all.</summary>
    public required int Rows { get; init; }

    /// <summary>Tokens of the prompt.</summary>
    public required int PromptLength { get; init; }

    /// <summary>Distance of each reused row from the true one at the check layer <c>[Rows]</c>; empty when not asked for.</summary>
    public ReadOnlySpan<float> Deviation { get; init; }

    /// <summary>
    /// Attention mass on each reused row, summed over queries <c>[Rows]</c>: of all queries at the check layer, or of the question
    /// (<see cref="BlendSignals.QuestionColumns"/>); empty when not asked for.
    /// </summary>
    public ReadOnlySpan<float> ColumnMass { get; init; }

    /// <summary>First position behind the queries that <see cref="ColumnMass"/> sums over; 0 for the end of the prompt.</summary>
    public int QueryEnd { get; init; }

    /// <summary>Depends on the prompt only; for policies that draw.</summary>
    public ulong Seed { get; init; }
}

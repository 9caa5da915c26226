namespace Kvasir.Engine.Policies;

/// <summary>What a layer policy sees: the rows of one sequence in one layer of one step. Valid during the call only.</summary>
public readonly ref struct LayerContext
{
    /// <summary>The layer, from 0.</summary>
    public required int Layer { get; init; }

    /// <summary>Number of layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Tokens of the prompt.</summary>
    public required int PromptLength { get; init; }

    /// <summary>Logical length of the sequence when this step ends.</summary>
    public required int Length { get; init; }

    /// <summary>Rows stored in this layer, those of this step included.</summary>
    public required int StoredRows { get; init; }

    /// <summary>Positions of the rows of this step that are still going on, ascending.</summary>
    public required ReadOnlySpan<int> Positions { get; init; }

    /// <summary>Rotated queries of these rows, <c>[rows, queryHeads * headDim]</c>, as <see cref="Keys"/>.</summary>
    public required ReadOnlySpan<float> Queries { get; init; }

    /// <summary>Rotated keys of these rows, <c>[rows, kvHeads * headDim]</c> with <see cref="Stride"/> between rows; empty after attention.</summary>
    public required ReadOnlySpan<float> Keys { get; init; }

    /// <summary>Values of these rows, as <see cref="Keys"/>.</summary>
    public required ReadOnlySpan<float> Values { get; init; }

    /// <summary>Attention output of these rows <c>[rows, queryHeads * headDim]</c>; empty before attention.</summary>
    public required ReadOnlySpan<float> AttentionOutput { get; init; }

    /// <summary>Elements between rows of <see cref="Queries"/>, <see cref="Keys"/> and <see cref="Values"/>.</summary>
    public required int Stride { get; init; }
}

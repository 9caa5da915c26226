namespace Kvasir.KvCache.Blending;

/// <summary>What a policy decides from which chunks' repair ends before the last layer.</summary>
public readonly ref struct FocusSnapshot
{
    /// <summary>Layers done.</summary>
    public required int LayersDone { get; init; }

    /// <summary>Layers of the model.</summary>
    public required int Layers { get; init; }

    /// <summary>Reused stretches.</summary>
    public required int Spans { get; init; }

    /// <summary>
    /// Attention mass of the question's rows on each stretch in each layer done <c>[LayersDone, Spans]</c>, mean over query heads, summed
    /// over the question's rows.
    /// </summary>
    public required ReadOnlySpan<float> Mass { get; init; }
}

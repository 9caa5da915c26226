namespace Kvasir.KvCache.Reading;

/// <summary>The weights of the last rows of a chunk. Valid during the call only.</summary>
public readonly ref struct ReadingLook
{
    /// <summary>Layer, among those that keep keys and values.</summary>
    public required int Layer { get; init; }

    /// <summary>Rows up to the chunk's end.</summary>
    public required int Length { get; init; }

    /// <summary>Weight on every row <c>[kvHeads, length]</c>, summed over rows and query heads. The reader's to change.</summary>
    public required Span<float> Columns { get; init; }

    /// <summary>The same at every distance before a query, from 0 on, the farthest first. The reader's to change.</summary>
    public required Span<float> Diagonals { get; init; }
}

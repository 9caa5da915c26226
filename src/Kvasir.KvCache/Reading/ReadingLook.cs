namespace Kvasir.KvCache.Reading;

/// <summary>The weights of the last rows of a chunk. Valid during the call only.</summary>
public readonly ref struct ReadingLook
{
    /// <summary>Layer, among those that keep keys and values.</summary>
    public required int Layer { get; init; }

    /// <summary>Rows up to the chunk's end.</summary>
    public required int Length { get; init; }

    /// <summary>Rows that looked: the last of them.</summary>
    public required int LookRows { get; init; }

    /// <summary>Their weights <c>[lookRows, queryHeads, length]</c>; zero behind a query.</summary>
    public required ReadOnlySpan<float> Weights { get; init; }
}

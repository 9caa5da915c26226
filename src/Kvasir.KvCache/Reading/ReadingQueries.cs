namespace Kvasir.KvCache.Reading;

/// <summary>Rotated queries of neighbouring rows of one layer. Valid during the call only.</summary>
/// <param name="layer">Layer, among those that keep keys and values.</param>
/// <param name="start">Position of the first row.</param>
/// <param name="count">Number of rows.</param>
/// <param name="queries">Rows of <c>[queryHeads, headDim]</c>.</param>
/// <param name="stride">Elements from one row to the next.</param>
public readonly ref struct ReadingQueries(int layer, int start, int count, ReadOnlySpan<float> queries, int stride)
{
    private readonly ReadOnlySpan<float> _queries = queries;

    /// <summary>Layer, among those that keep keys and values.</summary>
    public int Layer { get; } = layer;

    /// <summary>Position of the first row.</summary>
    public int Start { get; } = start;

    /// <summary>Number of rows.</summary>
    public int Count { get; } = count;

    /// <summary>Neighbouring elements of a row's queries, from <paramref name="first"/> on.</summary>
    public ReadOnlySpan<float> Of(int row, int first, int length) => _queries.Slice((row * stride) + first, length);
}

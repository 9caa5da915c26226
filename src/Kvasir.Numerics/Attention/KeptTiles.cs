namespace Kvasir.Numerics.Attention;

/// <summary>A worker's memory for the weights of a block's queries, tile by tile, until their log-sum-exp is known.</summary>
/// <param name="weights"><c>[tiles, queries + padding, 64]</c>.</param>
/// <param name="maxima">What each tile's weights are relative to <c>[tiles, queries rounded up to 16]</c>; minus infinity for queries that do not see the tile.</param>
/// <param name="tiles">Tiles that there is room for.</param>
/// <param name="queries">Queries.</param>
internal readonly unsafe struct KeptTiles(float* weights, float* maxima, long tiles, int queries)
{
    public readonly long Tiles = tiles;

    public float* Weights(long tile) => weights + (tile * Stride(queries) * AttentionScratch.TileRows);

    public float* Maxima(long tile) => maxima + (tile * Lanes(queries));

    /// <summary>Nobody has seen a tile.</summary>
    public void Clear() => new Span<float>(maxima, (int)(Tiles * Lanes(queries))).Fill(float.NegativeInfinity);

    /// <summary>Floats for so many.</summary>
    public static long Floats(long tiles, int queries) => tiles * ((Stride(queries) * AttentionScratch.TileRows) + Lanes(queries));

    /// <summary>In memory for <see cref="Floats"/>.</summary>
    public static KeptTiles In(float* memory, long tiles, int queries) =>
        new(memory, memory + (tiles * Stride(queries) * AttentionScratch.TileRows), tiles, queries);

    private static long Stride(int queries) => queries + AttentionScratch.Padding;

    private static long Lanes(int queries) => (queries + 15) & ~15L;
}

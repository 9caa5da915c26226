namespace Kvasir.Numerics.Attention;

/// <summary>Query rows that are computed together.</summary>
/// <param name="rows">Their numbers in the call; rows of one view are adjacent. The memory is the caller's.</param>
/// <param name="count">How many.</param>
/// <param name="sharedTiles">Tiles from the beginning in which all views have the same rows; <see cref="OneView"/> when there is one view.</param>
internal readonly unsafe struct RowBlock(int* rows, int count, long sharedTiles)
{
    public const long OneView = long.MaxValue;

    public readonly int* Rows = rows;
    public readonly int Count = count;
    public readonly long SharedTiles = sharedTiles;

    /// <summary>The rows from number <paramref name="first"/> on that read the same view.</summary>
    public RowBlock Run(in AttentionBatch batch, int first)
    {
        var end = first + 1;
        while (end < Count && batch.Rows[Rows[end]].View == batch.Rows[Rows[first]].View)
            end++;
        return new RowBlock(Rows + first, end - first, OneView);
    }
}

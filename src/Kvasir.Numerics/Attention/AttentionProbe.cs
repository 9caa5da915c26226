namespace Kvasir.Numerics.Attention;

/// <summary>
/// What to measure of an attention call: where the weight of some of its rows goes. A weight is
/// <c>p = exp(score * scale + bias - logSumExp)</c>; rows that a query does not see have none.
/// </summary>
/// <remarks>
/// All memory is the caller's. A result depends on the inputs only: weights are added in the order of query rows, heads and tiles, whatever
/// the number of threads and the instruction set.
/// </remarks>
public unsafe struct AttentionProbe
{
    /// <summary>First row of the call to measure.</summary>
    public int FirstRow;

    /// <summary>Rows to measure; all of one view.</summary>
    public int RowCount;

    /// <summary>Query heads to look at <c>[HeadCount]</c>, in any order, each once; null for all. What the others do costs nothing.</summary>
    public int* Heads;

    /// <summary>Number of <see cref="Heads"/>.</summary>
    public int HeadCount;

    /// <summary>Absolute row index of the first column of <see cref="ColumnMass"/>.</summary>
    public long FirstColumn;

    /// <summary>Number of columns.</summary>
    public int ColumnCount;

    /// <summary>
    /// When not null, every element <c>[ColumnCount]</c> is increased by the weight on the row <c>FirstColumn + i</c>, summed over the query
    /// rows and averaged over the query heads.
    /// </summary>
    public float* ColumnMass;

    /// <summary>When not null, receives every weight, <c>[RowCount, queryHeads, ColumnCount]</c>, of <see cref="Heads"/> when there are any.</summary>
    public float* Weights;

    /// <summary>
    /// When not null, receives a bit for every column <c>[kvHeads, (ColumnCount + 63) / 64]</c>: whether any query of the KV head gives the row
    /// <see cref="LookThreshold"/> or more. <see cref="FirstColumn"/> is a multiple of 64 then.
    /// </summary>
    public ulong* Looked;

    /// <summary>A weight above 0; of <see cref="Looked"/>.</summary>
    public float LookThreshold;

    /// <summary>Factor on each query row's part of <see cref="ColumnMass"/>, <c>[RowCount]</c>; null stands for ones.</summary>
    public float* RowWeights;

    /// <summary>When not null, receives each query row's weight on each range, averaged over the query heads, <c>[RowCount, RangeCount]</c>.</summary>
    public float* RangeMass;

    /// <summary>Number of ranges.</summary>
    public int RangeCount;

    /// <summary>First absolute row of each range <c>[RangeCount]</c>; ranges ascend and do not overlap.</summary>
    public long* RangeStarts;

    /// <summary>End (exclusive) of each range <c>[RangeCount]</c>.</summary>
    public long* RangeEnds;

    /// <summary>Whether columns are wanted.</summary>
    internal readonly bool HasColumns => ColumnMass != null && ColumnCount > 0;

    /// <summary>Whether single weights are wanted.</summary>
    internal readonly bool HasWeights => Weights != null && ColumnCount > 0;

    /// <summary>Whether bits are wanted.</summary>
    internal readonly bool HasLooks => Looked != null && ColumnCount > 0;

    /// <summary>Words of a KV head's bits.</summary>
    internal readonly int LookWords => (ColumnCount + 63) / 64;

    /// <summary>Whether ranges are wanted.</summary>
    internal readonly bool HasRanges => RangeMass != null && RangeCount > 0;

    /// <summary>The query heads of a KV head that are looked at, and their places among all that are. Returns their number.</summary>
    /// <param name="kvHead">KV head.</param>
    /// <param name="group">Its query heads.</param>
    /// <param name="heads">Receives the query heads <c>[group]</c>.</param>
    /// <param name="places">Receives their places <c>[group]</c>.</param>
    internal readonly int HeadsOf(int kvHead, int group, int* heads, int* places)
    {
        var count = 0;
        for (var i = 0; i < (Heads == null ? group : HeadCount); i++)
        {
            var head = Heads == null ? (kvHead * group) + i : Heads[i];
            if (head / group == kvHead)
                (heads[count], places[count++]) = (head, Heads == null ? head : i);
        }

        return count;
    }

    /// <summary>Number of query heads that are looked at, of so many.</summary>
    internal readonly int CountHeads(int queryHeads) => Heads == null ? queryHeads : HeadCount;

    /// <summary>Tile of the first column.</summary>
    internal readonly long FirstColumnTile => FirstColumn / AttentionScratch.TileRows;

    /// <summary>End (exclusive) of the tiles that columns lie in.</summary>
    internal readonly long EndColumnTile => EndTileOf(FirstColumn + ColumnCount);

    /// <summary>Tiles that anything wanted lies in, as [first, end).</summary>
    internal readonly (long First, long End) Tiles()
    {
        var first = long.MaxValue;
        long end = 0;
        if (HasColumns || HasWeights || HasLooks)
            (first, end) = (FirstColumnTile, EndColumnTile);
        if (HasRanges)
        {
            first = Math.Min(first, RangeStarts[0] / AttentionScratch.TileRows);
            end = Math.Max(end, EndTileOf(RangeEnds[RangeCount - 1]));
        }

        return (first, end);
    }

    private static long EndTileOf(long endRow) => (endRow + AttentionScratch.TileRows - 1) / AttentionScratch.TileRows;
}

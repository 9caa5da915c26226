using System.Numerics;

namespace Kvasir.Numerics.Attention;

/// <summary>
/// Adds up what the rows of a call get of its attention, by KV head, while that is computed: weights are kept for a block of queries until their
/// log-sum-exp is known, and no score is computed twice. Needs <see cref="AttentionBatch.LogSumExp"/>.
/// </summary>
/// <remarks>
/// Weights of query rows at neighbouring positions (0 to 15, 16 to 31, …; fewer where columns are very many) are added one after the other, in the order of rows and query heads; then
/// groups are added, ascending. Where a call ends inside of a group, its sum so far waits in <see cref="Open"/>: a row's mass is
/// <see cref="Sums"/> + <see cref="Open"/>, and has the same bits however queries are cut into calls and spread over threads. All memory is the caller's.
/// </remarks>
public unsafe struct AttentionMass
{
    /// <summary>Most positions of a group.</summary>
    private const int MostRows = 16;

    /// <summary>Columns from which groups are smaller: the weights of all queries of a group are kept at a time.</summary>
    private const int ManyColumns = 1 << 15;

    /// <summary>First query row of the call; positions ascend by one from here on.</summary>
    public int FirstRow;

    /// <summary>Query rows: all of the call that read one view.</summary>
    public int RowCount;

    /// <summary>Cached rows that are looked at, from the first on.</summary>
    public int ColumnCount;

    /// <summary>Positions of a group, 16 or a smaller power of two; a block of the kernel has no more rows. Depends on the number of columns alone.</summary>
    public readonly int GroupRows => Math.Max(1, MostRows >> (32 - BitOperations.LeadingZeroCount((uint)Math.Max(0, ColumnCount - 1) / ManyColumns)));

    /// <summary>Receives what whole groups give, added to what is there <c>[kvHeads, ColumnCount]</c>.</summary>
    public float* Sums;

    /// <summary>Sum of a group that is not over, from call to call <c>[kvHeads, ColumnCount]</c>; zeros at the begin.</summary>
    public float* Open;
}

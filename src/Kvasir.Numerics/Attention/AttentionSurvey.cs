namespace Kvasir.Numerics.Attention;

/// <summary>Where the weight of all rows of a call goes in each KV head: along columns and along diagonals. The call gives no output then.</summary>
public unsafe struct AttentionSurvey
{
    /// <summary>Row indices from 0 that are looked at; every query's position is below it.</summary>
    public int Length;

    /// <summary>Receives the weight on each row, summed over query rows and the head's queries, <c>[kvHeads, Length]</c>.</summary>
    public float* Columns;

    /// <summary>
    /// Receives the weight at each distance before a query, summed in the same way, <c>[kvHeads, Length]</c>: element <c>Length - 1 - d</c> is that at
    /// distance d. Rows are taken to lie at their row indices.
    /// </summary>
    public float* Diagonals;
}

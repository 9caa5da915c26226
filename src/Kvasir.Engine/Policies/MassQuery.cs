namespace Kvasir.Engine.Policies;

/// <summary>
/// Attention mass that a layer policy wants to know, mean over query heads: computed in a second pass from the saved log-sum-exp, with an
/// ordered reduction. The policy owns it and uses it again; its arrays are pinned.
/// </summary>
public sealed class MassQuery
{
    /// <summary>First of the policy's rows of the step that are looked at.</summary>
    public int FirstRow { get; set; }

    /// <summary>How many.</summary>
    public int RowCount { get; set; }

    /// <summary>Query heads that are looked at, each once; empty for all. Means are over these.</summary>
    public int[] Heads { get; set; } = [];

    /// <summary>Time that answering it has taken so far.</summary>
    public TimeSpan Time { get; internal set; }

    /// <summary>Position of the first column of <see cref="ColumnMass"/>.</summary>
    public int FirstColumn { get; set; }

    /// <summary>Columns; 0 when the mass of columns is not wanted.</summary>
    public int ColumnCount { get; set; }

    /// <summary>The mass on every position, summed over the rows; added to what is there <c>[ColumnCount]</c>.</summary>
    public float[] ColumnMass { get; private set; } = [];

    /// <summary>Ranges of positions; 0 when the mass of ranges is not wanted.</summary>
    public int RangeCount { get; set; }

    /// <summary>First positions of the ranges, ascending.</summary>
    public long[] RangeStarts { get; private set; } = [];

    /// <summary>First positions behind them.</summary>
    public long[] RangeEnds { get; private set; } = [];

    /// <summary>The mass of every row on every range <c>[RowCount, RangeCount]</c>; overwritten.</summary>
    public float[] RangeMass { get; private set; } = [];

    /// <summary>
    /// The mass on every position by KV head, summed over its query heads; added to what is there <c>[kvHeads, ColumnCount]</c>. Empty when not wanted. It
    /// is added up along with attention, for all rows of a step, and complete behind <see cref="EndHeadColumns"/>.
    /// </summary>
    public float[] HeadColumnMass { get; private set; } = [];

    /// <summary>What belongs to a group of rows that is not over (<see cref="Numerics.Attention.AttentionMass.Open"/>).</summary>
    internal float[] OpenMass { get; private set; } = [];

    /// <summary>True to receive every weight.</summary>
    public bool WantsWeights { get; set; }

    /// <summary>Every weight <c>[RowCount, queryHeads, ColumnCount]</c>, of <see cref="Heads"/> in their order when there are any; overwritten.</summary>
    public float[] Weights { get; private set; } = [];

    /// <summary>Whether any query of a KV head gives a position <see cref="LookThreshold"/> or more: a bit each, <c>[kvHeads, LookWords]</c>; overwritten.</summary>
    public ulong[] Looked { get; private set; } = [];

    /// <summary>A weight; 0 when bits are not wanted.</summary>
    public float LookThreshold { get; private set; }

    /// <summary>Words of a KV head's bits.</summary>
    public int LookWords => (ColumnCount + 63) / 64;

    /// <summary>Makes room for bits, and asks for them.</summary>
    public void ReserveLooks(int rows, int kvHeads, int columns, float threshold)
    {
        WantsWeights = false;
        (RowCount, ColumnCount, LookThreshold) = (rows, columns, threshold);
        if (Looked.Length < kvHeads * LookWords)
            Looked = GC.AllocateUninitializedArray<ulong>(2 * kvHeads * LookWords, pinned: true);
    }

    /// <summary>Makes room for weights, and asks for them.</summary>
    public void ReserveWeights(int rows, int queryHeads, int columns)
    {
        WantsWeights = true;
        (RowCount, ColumnCount) = (rows, columns);
        if (Weights.Length < rows * queryHeads * columns)
            Weights = GC.AllocateUninitializedArray<float>(rows * queryHeads * columns, pinned: true);
    }

    /// <summary>Makes room for the mass of columns by KV head, and clears it.</summary>
    public void ReserveHeadColumns(int kvHeads, int columns)
    {
        ColumnCount = columns;
        HeadColumnMass = GC.AllocateArray<float>(kvHeads * columns, pinned: true);
        OpenMass = GC.AllocateArray<float>(kvHeads * columns, pinned: true);
    }

    /// <summary>No more rows come.</summary>
    public void EndHeadColumns()
    {
        for (var i = 0; i < OpenMass.Length; i++)
            HeadColumnMass[i] += OpenMass[i];
        OpenMass = [];
    }

    /// <summary>Makes room, and clears the mass of columns.</summary>
    public void Reserve(int rows, int columns, int ranges)
    {
        if (ColumnMass.Length < columns)
            ColumnMass = GC.AllocateArray<float>(columns, pinned: true);
        else
            ColumnMass.AsSpan(0, columns).Clear();
        if (RangeMass.Length < rows * ranges)
            RangeMass = GC.AllocateUninitializedArray<float>(rows * ranges, pinned: true);
        if (RangeStarts.Length >= ranges)
            return;
        RangeStarts = GC.AllocateArray<long>(ranges, pinned: true);
        RangeEnds = GC.AllocateArray<long>(ranges, pinned: true);
    }
}

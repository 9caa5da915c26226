namespace Kvasir.KvCache.Compression;

/// <summary>
/// Rows of a layer that go, lane by lane. The last of the others take their places (<see cref="Tables.HoleFilling"/>), so that a compressor that
/// keeps books on rows makes the same moves. Used again from call to call.
/// </summary>
public sealed class RowDrops
{
    private readonly List<int>[] _dropped;
    private readonly List<RowSelection.MergedRow> _merged = [];

    /// <summary>No rows.</summary>
    /// <param name="lanes">Lanes of a layer.</param>
    public RowDrops(int lanes)
    {
        _dropped = new List<int>[lanes];
        for (var lane = 0; lane < lanes; lane++)
            _dropped[lane] = [];
    }

    /// <summary>True to close the gaps instead, so that the others stay in their order; dearer.</summary>
    public bool Ordered { get; set; }

    /// <summary>Lanes of a layer.</summary>
    public int Lanes => _dropped.Length;

    /// <summary>Rows to be overwritten before any is dropped, by their index before it.</summary>
    public IReadOnlyList<RowSelection.MergedRow> Merged => _merged;

    /// <summary>The rows of a lane that go; to be filled in ascending order.</summary>
    public List<int> Dropped(int lane) => _dropped[lane];

    /// <summary>Overwrites a row that stays.</summary>
    public void Replace(int head, int row, float[] key, float[] value, float bias = 0) => _merged.Add(new RowSelection.MergedRow(head, row, key, value, bias));

    /// <summary>No rows.</summary>
    public void Reset()
    {
        foreach (var rows in _dropped)
            rows.Clear();
        _merged.Clear();
        Ordered = false;
    }
}

namespace Kvasir.KvCache.Compression;

/// <summary>Rows of a layer that stay at the compress point, lane by lane. Used again from layer to layer.</summary>
public sealed class RowSelection
{
    private readonly List<int>[] _kept;
    private readonly List<MergedRow> _merged = [];

    /// <summary>A selection.</summary>
    /// <param name="lanes">Lanes of a layer.</param>
    public RowSelection(int lanes)
    {
        _kept = new List<int>[lanes];
        for (var lane = 0; lane < lanes; lane++)
            _kept[lane] = [];
        IsSet = new bool[lanes];
    }

    /// <summary>What takes the place of a kept row.</summary>
    /// <param name="Head">KV head.</param>
    /// <param name="Row">A kept row.</param>
    /// <param name="Key">Key <c>[headDim]</c>, rotated at the row's position.</param>
    /// <param name="Value">Value <c>[headDim]</c>.</param>
    /// <param name="Bias">Added to the row's scores: ln n for n rows that it stands for, or 0.</param>
    public readonly record struct MergedRow(int Head, int Row, float[] Key, float[] Value, float Bias);

    /// <summary>Lanes of a layer.</summary>
    public int Lanes => _kept.Length;

    /// <summary>Reads keys and values of the layer that rows are selected of, while they are.</summary>
    public IKvRowSource? Rows { get; set; }

    /// <summary>Merged rows, in the order in which they were given.</summary>
    public IReadOnlyList<MergedRow> Merged => _merged;

    private bool[] IsSet { get; }

    /// <summary>Starts an empty list of rows for a lane, to be filled in ascending order; returns it.</summary>
    public List<int> Keep(int lane)
    {
        IsSet[lane] = true;
        _kept[lane].Clear();
        return _kept[lane];
    }

    /// <summary>Puts something else in the place of a kept row.</summary>
    public void Replace(int head, int row, float[] key, float[] value, float bias = 0) => _merged.Add(new MergedRow(head, row, key, value, bias));

    /// <summary>The rows of a lane that stay, ascending; null when all do.</summary>
    public List<int>? Kept(int lane) => IsSet[lane] ? _kept[lane] : null;

    /// <summary>All rows of all lanes stay.</summary>
    public void Reset()
    {
        Array.Clear(IsSet);
        _merged.Clear();
    }
}

using Kvasir.KvCache.Blending;
using Kvasir.KvCache.Tables;

namespace Kvasir.Engine.Blending;

/// <summary>The reused rows of a prompt, numbered through: which position each has, how far it is from the true one.</summary>
internal sealed class ReusedRows
{
    private readonly BlendTable _table;
    private readonly BlendSpan[] _spans;
    private readonly float[] _reused;
    private readonly float[] _zeros;
    private double _norm;

    /// <param name="table">The sequence's table.</param>
    /// <param name="spans">The reused stretches.</param>
    /// <param name="width">Elements of a row's keys, and of its values.</param>
    public ReusedRows(BlendTable table, BlendSpan[] spans, int width)
    {
        _table = table;
        _spans = spans;
        _reused = new float[width];
        _zeros = new float[width];
        Count = spans.Length == 0 ? 0 : spans[^1].FirstIndex + spans[^1].Length;
        Deviation = new float[Count];
        ColumnMass = new float[Count];
        Repaired = new bool[Count];
    }

    public int Count { get; }

    /// <summary>Distance of each from the true row at the check layer, once looked at.</summary>
    public float[] Deviation { get; }

    /// <summary>Attention mass on each at the check layer, once looked at.</summary>
    public float[] ColumnMass { get; }

    /// <summary>True for those that are computed again.</summary>
    public bool[] Repaired { get; }

    public ReadOnlySpan<BlendSpan> Spans => _spans;

    /// <summary>Index of the row at a position, or -1 when it is not reused.</summary>
    public int IndexOf(int position)
    {
        var hit = _table.HitAt(position);
        return hit < 0 ? -1 : _spans[hit].FirstIndex + (position - _spans[hit].Start);
    }

    /// <summary>Position of a row.</summary>
    public int PositionOf(int index)
    {
        var low = 0;
        var high = _spans.Length - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_spans[middle].FirstIndex <= index)
                low = middle;
            else
                high = middle - 1;
        }

        return _spans[low].Start + (index - _spans[low].FirstIndex);
    }

    /// <summary>Measures a row against the true one.</summary>
    public void Compare(int layer, int position, DeviationKind kind, ReadOnlySpan<float> key, ReadOnlySpan<float> value)
    {
        Deviation[IndexOf(position)] = Distance(layer, position, kind, key, value);
        var truth = kind == DeviationKind.KeySquared ? key : value;
        _norm += kind == DeviationKind.ValueAbsolute ? RowMath.AbsoluteDistance(truth, _zeros) : RowMath.SquaredDistance(truth, _zeros);
    }

    /// <summary>Distance of the row that a chunk brings to a position from the true one.</summary>
    public float Distance(int layer, int position, DeviationKind kind, ReadOnlySpan<float> key, ReadOnlySpan<float> value)
    {
        if (kind == DeviationKind.KeySquared)
        {
            _table.ReadSharedKey(layer, position, _reused);
            return (float)RowMath.SquaredDistance(key, _reused);
        }

        _table.ReadSharedValue(layer, position, _reused);
        return (float)(kind == DeviationKind.ValueAbsolute ? RowMath.AbsoluteDistance(value, _reused) : RowMath.SquaredDistance(value, _reused));
    }

    /// <summary>How far the rows that are used as they are lie from the true ones, relative to these; null when nothing was measured.</summary>
    public double? Residual(DeviationKind kind)
    {
        if (_norm == 0)
            return null;
        var left = 0.0;
        for (var i = 0; i < Count; i++)
            left += Repaired[i] ? 0 : Deviation[i];
        return kind == DeviationKind.ValueAbsolute ? left / _norm : Math.Sqrt(left / _norm);
    }
}

namespace Kvasir.Engine.Policies;

/// <summary>
/// The answer of a layer policy. An untouched decision means: all rows go on, nothing is trimmed or patched. Reused from call to call.
/// </summary>
public sealed class LayerDecision
{
    private readonly List<int> _rows = [];
    private readonly List<int> _kept = [];
    private readonly List<RowPatch> _patches = [];

    /// <summary>A stored row to be overwritten.</summary>
    /// <param name="Row">Physical row index in the layer.</param>
    /// <param name="Key">Rotated key <c>[kvHeads * headDim]</c>.</param>
    /// <param name="Value">Value <c>[kvHeads * headDim]</c>.</param>
    internal readonly record struct RowPatch(int Row, float[] Key, float[] Value);

    /// <summary>True when only <see cref="Rows"/> go on.</summary>
    internal bool SelectsRows { get; private set; }

    /// <summary>True when only <see cref="KeptRows"/> stay stored.</summary>
    internal bool Trims { get; private set; }

    internal IReadOnlyList<int> Rows => _rows;

    internal List<int> KeptRows => _kept;

    internal List<RowPatch> Patches => _patches;

    /// <summary>Only these rows of the step go on: ascending indices into <see cref="LayerContext.Positions"/>.</summary>
    public void ContinueWith(ReadOnlySpan<int> rows)
    {
        SelectsRows = true;
        _rows.Clear();
        _rows.AddRange(rows);
    }

    /// <summary>At the end of the step only these physical rows of the layer stay: ascending indices below
    /// <see cref="LayerContext.StoredRows"/>.</summary>
    public void Keep(ReadOnlySpan<int> rows)
    {
        Trims = true;
        _kept.Clear();
        _kept.AddRange(rows);
    }

    /// <summary>Overwrites a stored row of the layer now; the arrays are read before the call of the policy returns to the engine.</summary>
    public void Patch(int row, float[] key, float[] value) => _patches.Add(new RowPatch(row, key, value));

    internal void Reset()
    {
        SelectsRows = false;
        Trims = false;
        _rows.Clear();
        _kept.Clear();
        _patches.Clear();
    }
}

namespace Kvasir.Engine.Running;

/// <summary>
/// The rows of a step that are still going on: indices into the batch, ascending, and each sequence's part of them. Rows leave when
/// their layer range ends or a layer policy stops them.
/// </summary>
internal sealed class ActiveRows(int maxRows, int maxSequences)
{
    private readonly int[] _batchRows = new int[maxRows];
    private readonly int[] _positions = new int[maxRows];
    private readonly int[] _kept = new int[maxRows];
    private readonly (int First, int Count)[] _parts = new (int, int)[maxSequences];
    private int _keptCount;

    public int Count { get; private set; }

    /// <summary>Batch rows.</summary>
    public ReadOnlySpan<int> BatchRows => _batchRows.AsSpan(0, Count);

    /// <summary>Their positions.</summary>
    public ReadOnlySpan<int> Positions => _positions.AsSpan(0, Count);

    /// <summary>The active rows of a sequence: first index and count.</summary>
    public (int First, int Count) Part(int sequence) => _parts[sequence];

    public void Reset(StepBatch batch)
    {
        Count = batch.RowCount;
        batch.Positions.CopyTo(_positions);
        for (var row = 0; row < Count; row++)
            _batchRows[row] = row;
        var sequences = batch.Sequences;
        for (var i = 0; i < sequences.Length; i++)
            _parts[i] = (sequences[i].FirstRow, sequences[i].RowCount);
        _keptCount = 0;
    }

    /// <summary>Starts a selection; sequences are then kept or thinned in order.</summary>
    public void BeginSelection() => _keptCount = 0;

    /// <summary>Keeps all rows of a sequence.</summary>
    public void KeepAll(int sequence)
    {
        var (first, count) = _parts[sequence];
        for (var i = 0; i < count; i++)
            _kept[_keptCount + i] = first + i;
        _parts[sequence] = (_keptCount, count);
        _keptCount += count;
    }

    /// <summary>Keeps some rows of a sequence: ascending indices into its part.</summary>
    /// <exception cref="InvalidOperationException">The indices are not ascending or outside the part.</exception>
    public void Keep(int sequence, IReadOnlyList<int> rows, string policy)
    {
        var (first, count) = _parts[sequence];
        var last = -1;
        for (var i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            if (row <= last || row >= count)
                throw new InvalidOperationException($"layer policy {policy} goes on with row {row} after {last} of {count}; rows must ascend and exist");
            last = row;
            _kept[_keptCount + i] = first + row;
        }

        _parts[sequence] = (_keptCount, rows.Count);
        _keptCount += rows.Count;
    }

    /// <summary>Ends the selection; returns the kept indices among the former active rows, to gather activations by.</summary>
    public ReadOnlySpan<int> EndSelection()
    {
        for (var i = 0; i < _keptCount; i++)
        {
            _batchRows[i] = _batchRows[_kept[i]];
            _positions[i] = _positions[_kept[i]];
        }

        Count = _keptCount;
        return _kept.AsSpan(0, _keptCount);
    }
}

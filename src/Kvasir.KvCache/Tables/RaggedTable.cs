using System.Runtime.InteropServices;
using Kvasir.KvCache.Pool;
using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Tables;

/// <summary>
/// A sequence's rows in ragged form: every layer has its own rows, each with a position. Made when a policy first lets lengths differ.
/// All its slices are private.
/// </summary>
public sealed unsafe class RaggedTable : IKvTable
{
    private readonly BlockPool _pool;
    private readonly SliceAllocator _slices;
    private readonly LayerRows[] _layers;

    private RaggedTable(BlockPool pool)
    {
        _pool = pool;
        _slices = new SliceAllocator(pool);
        _layers = new LayerRows[pool.Layout.Layers];
        for (var layer = 0; layer < _layers.Length; layer++)
            _layers[layer] = new LayerRows();
    }

    /// <inheritdoc/>
    public int Length { get; private set; }

    /// <inheritdoc/>
    public bool IsUniform => false;

    /// <inheritdoc/>
    public int BlockCount => _slices.BlockCount;

    /// <summary>Makes a ragged table with the rows of a uniform one, copied, and disposes that one.</summary>
    /// <param name="pool">The pool of both.</param>
    /// <param name="table">The rows.</param>
    /// <param name="reservation">Holds as many blocks as <paramref name="table"/> has.</param>
    public static RaggedTable From(BlockPool pool, UniformTable table, BlockReservation reservation)
    {
        var ragged = new RaggedTable(pool);
        ragged.Extend(table.Length, reservation);
        for (var layer = 0; layer < pool.Layout.Layers; layer++)
        {
            for (var row = 0; row < table.Length; row += ragged.BlockRows)
            {
                var rows = Math.Min(ragged.BlockRows, table.Length - row);
                var to = ragged.WriteTarget(layer, row);
                for (var next = row + 1; next < row + rows; next++)
                    ragged.WriteTarget(layer, next);
                KvRows.Copy(pool.Layout, table.RowTarget(layer, row).Slice, 0, to.Slice, 0, rows);
            }
        }

        table.Dispose();
        return ragged;
    }

    /// <inheritdoc/>
    public int Rows(int layer) => _layers[layer].Count;

    /// <summary>Positions of a layer's rows, ascending.</summary>
    public ReadOnlySpan<int> Positions(int layer) => _layers[layer].Positions;

    /// <inheritdoc/>
    public int BlocksToReach(int length)
    {
        var added = Math.Max(0, length - Length);
        var slices = 0;
        foreach (var layer in _layers)
            slices += Math.Max(0, SlicesFor(layer.Count + added) - layer.Slices.Count);
        var missing = slices - _slices.FreeSlices;
        return missing <= 0 ? 0 : (missing + _layers.Length - 1) / _layers.Length;
    }

    /// <inheritdoc/>
    public void Extend(int length, BlockReservation reservation)
    {
        var added = length - Length;
        if (added <= 0)
            return;
        var needed = BlocksToReach(length);
        if (needed > 0)
            reservation.Require(_pool, needed); // so that nothing happens by halves
        foreach (var layer in _layers)
        {
            while (layer.Slices.Count < SlicesFor(layer.Count + added))
                layer.Slices.Add(_slices.Take(reservation));
            layer.Reserve(layer.Count + added);
        }

        Length = length;
    }

    /// <inheritdoc/>
    public KvWriteRow WriteTarget(int layer, int position)
    {
        _layers[layer].Append(position);
        return RowTarget(layer, _layers[layer].Count - 1);
    }

    /// <inheritdoc/>
    public KvWriteRow RowTarget(int layer, int row)
    {
        var rows = _layers[layer];
        if ((uint)row >= (uint)rows.Count)
            throw new ArgumentOutOfRangeException(nameof(row), row, $"layer {layer} has {rows.Count} rows");
        return new KvWriteRow { Slice = Slice(rows.Slices[row / BlockRows]), Slot = row % BlockRows };
    }

    /// <summary>Keeps only these rows of a layer (ascending physical indices), moved together. Not during a step.</summary>
    public void Trim(int layer, ReadOnlySpan<int> keptRows)
    {
        var rows = _layers[layer];
        var last = -1;
        foreach (var row in keptRows)
        {
            if (row <= last || row >= rows.Count)
                throw new ArgumentException($"kept row {row} after {last} of {rows.Count}: rows must ascend and exist", nameof(keptRows));
            last = row;
        }

        for (var to = 0; to < keptRows.Length; to++)
        {
            if (keptRows[to] == to)
                continue;
            var source = RowTarget(layer, keptRows[to]);
            var target = RowTarget(layer, to);
            KvRows.Copy(_pool.Layout, source.Slice, source.Slot, target.Slice, target.Slot, 1);
        }

        for (var row = keptRows.Length; row < rows.Count; row++)
        {
            var dropped = RowTarget(layer, row);
            _pool.PoisonRows(dropped.Slice, dropped.Slot, 1);
        }

        rows.Keep(keptRows);
        while (rows.Slices.Count > SlicesFor(rows.Count))
        {
            _slices.Return(rows.Slices[^1]);
            rows.Slices.RemoveAt(rows.Slices.Count - 1);
        }
    }

    /// <inheritdoc/>
    public KvView BuildView(int layer, SegmentArena arena)
    {
        var rows = _layers[layer];
        var count = SlicesFor(rows.Count);
        var segments = arena.Take(count);
        for (var i = 0; i < count; i++)
        {
            segments[i].Slice = Slice(rows.Slices[i]);
            segments[i].Count = Math.Min(BlockRows, rows.Count - (i * BlockRows));
            segments[i].FirstRow = (long)i * BlockRows;
            segments[i].Positions = rows.PositionPointer + (i * BlockRows);
        }

        return new KvView { Segments = segments, SegmentCount = count };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _slices.Dispose();
        foreach (var layer in _layers)
            layer.Dispose();
        Length = 0;
    }

    private int BlockRows => _pool.Layout.BlockRows;

    private int SlicesFor(int rows) => (rows + BlockRows - 1) / BlockRows;

    private byte* Slice(SliceId id) => _pool.Slice(id.Block, id.Slice);

    /// <summary>The slices and positions of one layer.</summary>
    private sealed class LayerRows : IDisposable
    {
        private int _capacity;

        public List<SliceId> Slices { get; } = [];

        public int Count { get; private set; }

        public int* PositionPointer { get; private set; }

        public ReadOnlySpan<int> Positions => new(PositionPointer, Count);

        public void Reserve(int rows)
        {
            if (rows <= _capacity)
                return;
            _capacity = Math.Max(rows, 2 * _capacity);
            PositionPointer = (int*)NativeMemory.Realloc(PositionPointer, (nuint)_capacity * sizeof(int));
        }

        public void Append(int position)
        {
            if (Count > 0 && PositionPointer[Count - 1] >= position)
                throw new InvalidOperationException($"position {position} is appended after {PositionPointer[Count - 1]}; positions must ascend");
            if (Count == _capacity)
                throw new InvalidOperationException("the layer has no room for another row; extend the table first");
            PositionPointer[Count++] = position;
        }

        public void Keep(ReadOnlySpan<int> rows)
        {
            for (var i = 0; i < rows.Length; i++)
                PositionPointer[i] = PositionPointer[rows[i]];
            Count = rows.Length;
        }

        public void Dispose()
        {
            NativeMemory.Free(PositionPointer);
            PositionPointer = null;
            _capacity = 0;
            Count = 0;
            Slices.Clear();
        }
    }
}

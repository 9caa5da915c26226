using System.Runtime.InteropServices;
using Kvasir.KvCache.Pool;
using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Tables;

/// <summary>
/// A sequence's rows in ragged form: every layer, or every KV head of every layer, is a <em>lane</em> with its own rows. Made when a policy
/// first lets lengths differ. All its memory is private.
/// </summary>
/// <remarks>
/// Lanes get their memory as rows are written, and give it back within the table as soon as rows are dropped, so that a layer's memory
/// can serve the next layer of the same step (CAKE's cascade, Qin et al. 2025).
/// </remarks>
public sealed unsafe class RaggedTable : IKvTable
{
    private readonly BlockPool _pool;
    private readonly SliceAllocator _slices;
    private readonly LaneRows[] _rows;
    private readonly LaneSegments _segments;
    private KvView* _views;
    private KvWriteRow* _targets;
    private int _targetCapacity;
    private int _targetCount;
    private int _targetLayer = -1;
    private LanePacker? _packer;

    /// <summary>An empty table.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="perHead">True when the KV heads of a layer may have different rows.</param>
    public RaggedTable(BlockPool pool, bool perHead = false)
    {
        _pool = pool;
        Lanes = perHead ? pool.Layout.KvHeads : 1;
        _slices = new SliceAllocator(pool, Lanes);
        _segments = new LaneSegments(_slices, BlockRows);
        _rows = new LaneRows[pool.Layout.Layers * Lanes];
        for (var lane = 0; lane < _rows.Length; lane++)
            _rows[lane] = new LaneRows();
        if (Lanes > 1)
            _views = (KvView*)NativeMemory.AllocZeroed((nuint)Lanes, (nuint)sizeof(KvView));
    }

    /// <inheritdoc/>
    public int Length { get; private set; }

    /// <inheritdoc/>
    public bool IsUniform => false;

    /// <inheritdoc/>
    public int BlockCount => _slices.BlockCount;

    /// <summary>Lanes of a layer: 1 when all heads have the same rows, otherwise the number of KV heads.</summary>
    public int Lanes { get; }

    /// <summary>
    /// Pieces of all lanes together (<see cref="SlicesFor"/>) that are left at most when a layer of the next step is through; rows are then
    /// dropped while later layers are still to come, and less memory is needed. <see cref="long.MaxValue"/> when nothing is dropped.
    /// </summary>
    public long CascadePieces { get; set; } = long.MaxValue;

    /// <summary>True when all rows of earlier steps are seen by all that come, so that their positions need not be looked at.</summary>
    public bool SeesAllRows
    {
        get => _segments.SeesAllRows;
        init => _segments.SeesAllRows = value;
    }

    /// <summary>The form that first rows are packed in (<see cref="Pack"/>); null when all rows stay as the pool stores them.</summary>
    public IPackedForm? Packing
    {
        get => _packer?.Form;
        init => _packer = value is null ? null : new LanePacker(_pool.Layout, value, Lanes);
    }

    /// <summary>Most blocks held at any time.</summary>
    public int PeakBlocks { get; private set; }

    /// <summary>The first rows of every lane are read as if they were this much further on (StreamingLLM's positions in the cache).</summary>
    public (int Rows, int Offset) Shift
    {
        get => _segments.Shift;
        set => _segments.Shift = value;
    }

    /// <summary>Makes a ragged table with the rows of a uniform one, copied, and disposes that one.</summary>
    /// <param name="pool">The pool of both.</param>
    /// <param name="table">The rows.</param>
    /// <param name="reservation">Holds as many blocks as <paramref name="table"/> has.</param>
    /// <param name="perHead">True when the KV heads of a layer may have different rows.</param>
    public static RaggedTable From(BlockPool pool, UniformTable table, BlockReservation reservation, bool perHead = false)
    {
        var ragged = new RaggedTable(pool, perHead);
        ragged.Extend(table.Length, reservation);
        Span<int> rows = stackalloc int[pool.Layout.BlockRows];
        for (var layer = 0; layer < pool.Layout.Layers; layer++)
        {
            for (var row = 0; row < table.Length; row += rows.Length)
            {
                var count = Math.Min(rows.Length, table.Length - row);
                for (var i = 0; i < count; i++)
                    rows[i] = row + i;
                for (var lane = 0; lane < ragged.Lanes; lane++)
                    ragged.AppendCopies(layer, lane, table, rows[..count]);
            }
        }

        table.Dispose();
        return ragged;
    }

    /// <inheritdoc/>
    public int Rows(int layer)
    {
        var most = 0;
        for (var lane = 0; lane < Lanes; lane++)
            most = Math.Max(most, Rows(layer, lane));
        return most;
    }

    /// <summary>Rows of a lane.</summary>
    public int Rows(int layer, int lane) => Lane(layer, lane).Count;

    /// <summary>First rows of a lane that are packed.</summary>
    public int PackedRows(int layer, int lane) => Lane(layer, lane).PackedRows;

    /// <summary>Positions of a lane's rows: ascending until rows were removed.</summary>
    public ReadOnlySpan<int> Positions(int layer, int lane = 0) => Lane(layer, lane).Positions;

    /// <inheritdoc/>
    public int BlocksToReach(int length)
    {
        var added = Math.Max(0, length - Length);
        long held = 0;
        long most = 0;
        for (var layer = 0; layer < _pool.Layout.Layers; layer++)
        {
            for (var lane = 0; lane < Lanes; lane++)
                held += PiecesToReach(Lane(layer, lane), added);
            most = Math.Max(most, held);
            held = Math.Min(held, CascadePieces);
        }

        var perBlock = _slices.SlicesPerBlock;
        return (int)Math.Max(0, ((most + perBlock - 1) / perBlock) - BlockCount);
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
        _slices.Ensure(_slices.FreeSlices + (needed * _slices.SlicesPerBlock), reservation);
        PeakBlocks = Math.Max(PeakBlocks, BlockCount);
        _segments.SettledLength = Length;
        foreach (var lane in _rows)
            lane.Reserve(lane.Count + added);
        if (Lanes > 1 && added > _targetCapacity)
        {
            _targetCapacity = added;
            _targets = (KvWriteRow*)NativeMemory.Realloc(_targets, (nuint)(_targetCapacity * Lanes * sizeof(KvWriteRow)));
        }

        Length = length;
    }

    /// <summary>Gives an empty table its length and the pieces that its lanes will fill with copies.</summary>
    /// <param name="length">Logical length.</param>
    /// <param name="slices">Pieces, over all layers and lanes (<see cref="SlicesFor"/>).</param>
    /// <param name="reservation">Holds <see cref="BlocksFor"/> blocks.</param>
    public void Adopt(int length, int slices, BlockReservation reservation)
    {
        if (Length > 0)
            throw new InvalidOperationException("only an empty table takes over rows");
        reservation.Require(_pool, BlocksFor(slices));
        _slices.Ensure(slices, reservation);
        PeakBlocks = BlockCount;
        Length = length;
        _segments.SettledLength = length;
    }

    /// <summary>Pieces that so many rows of a lane lie in.</summary>
    public int SlicesFor(int rows) => (rows + BlockRows - 1) / BlockRows;

    /// <summary>Blocks that have so many pieces.</summary>
    public int BlocksFor(long slices) => (int)((slices + _slices.SlicesPerBlock - 1) / _slices.SlicesPerBlock);

    /// <inheritdoc/>
    public KvWriteRow WriteTarget(int layer, int position)
    {
        if (Lanes == 1)
            return RowTarget(layer, 0, Append(layer, 0, position));
        if (layer != _targetLayer || _targetCount == _targetCapacity)
        {
            _targetLayer = layer;
            _targetCount = 0;
        }

        var heads = _targets + (_targetCount++ * Lanes);
        for (var lane = 0; lane < Lanes; lane++)
            heads[lane] = RowTarget(layer, lane, Append(layer, lane, position));
        return new KvWriteRow { Heads = heads };
    }

    /// <inheritdoc/>
    public KvWriteRow RowTarget(int layer, int row) =>
        Lanes == 1 ? RowTarget(layer, 0, row) : throw new InvalidOperationException("the heads of the layer have rows of their own; name the lane");

    /// <summary>Where a row of a lane lies, as its head sees it.</summary>
    public KvWriteRow RowTarget(int layer, int lane, int row)
    {
        var rows = Lane(layer, lane);
        if ((uint)row >= (uint)rows.Count)
            throw new ArgumentOutOfRangeException(nameof(row), row, $"layer {layer} has {rows.Count} rows");
        if (row < rows.PackedRows)
            throw new InvalidOperationException($"row {row} of layer {layer} is packed; it can be read, but has no slot of its own");
        var slot = rows.SlotOf(row);
        return new KvWriteRow { Slice = _slices.Pointer(rows.Slices[slot / BlockRows], lane), Slot = slot % BlockRows };
    }

    /// <summary>Appends copies of another table's rows to a lane; their positions are those of a uniform table.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="lane">The lane.</param>
    /// <param name="source">A table whose row is its position.</param>
    /// <param name="rows">Rows of it.</param>
    public void AppendCopies(int layer, int lane, UniformTable source, ReadOnlySpan<int> rows)
    {
        Lane(layer, lane).Reserve(Rows(layer, lane) + rows.Length);
        foreach (var row in rows)
        {
            var from = source.RowTarget(layer, row);
            var to = RowTarget(layer, lane, Append(layer, lane, row));
            Copy(from, to, lane);
        }
    }

    /// <summary>
    /// Packs the first rows of a lane; what they took before is free for other rows of the table. Not between a layer's write and
    /// its attention. Packed rows are read and seen as others are, but neither moved nor dropped.
    /// </summary>
    /// <param name="layer">The layer.</param>
    /// <param name="lane">The lane.</param>
    /// <param name="count">How many rows are packed then; those beyond whole groups of 32 stay as they are.</param>
    public void Pack(int layer, int lane, int count)
    {
        var rows = Lane(layer, lane);
        while (rows.PackedRows + IPackedForm.GroupRows <= Math.Min(count, rows.Count))
        {
            for (var i = 0; i < IPackedForm.GroupRows; i++)
            {
                var row = RowTarget(layer, lane, rows.PackedRows + i);
                _packer!.Take(i, row, lane);
                Poison(row, lane);
            }

            for (var free = rows.Pack(IPackedForm.GroupRows, BlockRows); free > 0; free--)
            {
                _slices.Return(rows.Slices[0]);
                rows.Slices.RemoveAt(0);
            }

            _packer!.Store(_slices, rows, layer, lane);
        }
    }

    /// <summary>
    /// True when rows are dropped while a step is on: blocks that become free then are held for the layers to come, until <see cref="EndStep"/>.
    /// </summary>
    public bool DropsInSteps
    {
        get => _slices.HoldsIdle;
        set => _slices.HoldsIdle = value;
    }

    /// <summary>Ends a step in which rows were dropped: blocks that are free go back to the pool.</summary>
    public void EndStep()
    {
        CascadePieces = long.MaxValue;
        _slices.ReleaseIdle();
    }

    /// <summary>Decodes a row of a head.</summary>
    public void Read(int layer, int head, int row, Span<float> key, Span<float> value)
    {
        var lane = Lanes == 1 ? 0 : head;
        if (row < Lane(layer, lane).PackedRows)
        {
            _packer!.ReadPacked(_slices, Lane(layer, lane), layer, lane, head, row, key, value);
            return;
        }

        var target = RowTarget(layer, lane, row);
        KvRowReader.ReadHead(_pool.Layout, target.Slice, target.Slot, head, key, value);
    }

    /// <summary>Puts something else in the place of a row of a head: merged rows, with ln n added to their score or not.</summary>
    public void Replace(int layer, int head, int row, ReadOnlySpan<float> key, ReadOnlySpan<float> value, float bias)
    {
        var lane = Lanes == 1 ? 0 : head;
        KvRowWriter.WriteHead(_pool.Layout, RowTarget(layer, lane, row), head, key, value);
        Lane(layer, lane).SetBias(row, bias);
    }

    /// <summary>Keeps only these rows of a layer with one lane (ascending physical indices), moved together.</summary>
    public void Trim(int layer, ReadOnlySpan<int> keptRows) => Trim(layer, 0, keptRows);

    /// <summary>Keeps only these rows of a lane (ascending physical indices), moved together. Not between a layer's write and its attention.</summary>
    public void Trim(int layer, int lane, ReadOnlySpan<int> keptRows)
    {
        var rows = Lane(layer, lane);
        RequireAscending(keptRows, rows);
        for (var to = 0; to < keptRows.Length; to++)
        {
            if (keptRows[to] != to)
                Move(layer, lane, keptRows[to], to);
        }

        Cut(layer, lane, keptRows.Length);
    }

    /// <summary>
    /// Removes rows of a lane (ascending physical indices). The last of the others fill the holes (<see cref="HoleFilling"/>): their order is
    /// lost, which attention does not mind.
    /// </summary>
    public void Remove(int layer, int lane, ReadOnlySpan<int> removedRows)
    {
        var rows = Lane(layer, lane);
        RequireAscending(removedRows, rows);
        var moves = new HoleFilling(removedRows, rows.Count);
        while (moves.MoveNext())
            Move(layer, lane, moves.From, moves.To);
        Cut(layer, lane, rows.Count - removedRows.Length);
    }

    /// <inheritdoc/>
    public KvView BuildView(int layer, SegmentArena arena)
    {
        if (Lanes == 1)
            return _segments.Build(Lane(layer, 0), layer, 0, _packer, arena);
        for (var lane = 0; lane < Lanes; lane++)
            _views[lane] = _segments.Build(Lane(layer, lane), layer, lane, _packer, arena);
        return new KvView { Heads = _views };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _slices.Dispose();
        foreach (var lane in _rows)
            lane.Dispose();
        NativeMemory.Free(_views);
        NativeMemory.Free(_targets);
        _views = null;
        _targets = null;
        Length = 0;
    }

    private int BlockRows => _pool.Layout.BlockRows;

    private LaneRows Lane(int layer, int lane) => _rows[(layer * Lanes) + lane];

    private int Append(int layer, int lane, int position)
    {
        var rows = Lane(layer, lane);
        if (rows.Slices.Count < SlicesFor(rows.Slots + 1))
            rows.Slices.Add(_slices.Take(reservation: null));

        rows.Append(position);
        return rows.Count - 1;
    }

    /// <summary>Pieces that a lane has when so many rows were added. A group is packed before the rows it was made of leave a piece that is larger.</summary>
    private int PiecesToReach(LaneRows rows, int added) =>
        rows.Packed.Count + Math.Max(rows.Slices.Count, SlicesFor(rows.Slots + added)) + (_packer is not null && BlockRows > IPackedForm.GroupRows ? 1 : 0);

    private void Move(int layer, int lane, int from, int to)
    {
        Copy(RowTarget(layer, lane, from), RowTarget(layer, lane, to), lane);
        Lane(layer, lane).Move(from, to);
    }

    private void Copy(in KvWriteRow from, in KvWriteRow to, int lane)
    {
        if (Lanes > 1)
            KvRows.CopyHead(_pool.Layout, from.Slice, from.Slot, to.Slice, to.Slot, lane);
        else
            KvRows.Copy(_pool.Layout, from.Slice, from.Slot, to.Slice, to.Slot, 1);
    }

    private void Poison(in KvWriteRow row, int lane)
    {
        if (Lanes > 1)
            _pool.PoisonHead(row.Slice, row.Slot, lane);
        else
            _pool.PoisonRows(row.Slice, row.Slot, 1);
    }

    private void Cut(int layer, int lane, int count)
    {
        var rows = Lane(layer, lane);
        for (var row = count; row < rows.Count; row++)
            Poison(RowTarget(layer, lane, row), lane);
        rows.Cut(count);
        while (rows.Slices.Count > SlicesFor(rows.Slots))
        {
            _slices.Return(rows.Slices[^1]);
            rows.Slices.RemoveAt(rows.Slices.Count - 1);
        }
    }

    private static void RequireAscending(ReadOnlySpan<int> rows, LaneRows lane)
    {
        if (lane.PackedRows > 0)
            throw new InvalidOperationException("packed rows are neither moved nor dropped");
        var (last, count) = (-1, lane.Count);
        foreach (var row in rows)
        {
            if (row <= last || row >= count)
                throw new ArgumentException($"row {row} after {last} of {count}: rows must ascend and exist", nameof(rows));
            last = row;
        }
    }
}

using System.Runtime.InteropServices;
using Kvasir.KvCache.Chunks;
using Kvasir.KvCache.Index;
using Kvasir.KvCache.Pool;
using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Tables;

/// <summary>
/// A sequence's rows, row = position, of three kinds: its own, rows of chunks computed elsewhere (read where they lie, their keys rotated on
/// by the distance that they are moved), and private rows that stand in for such rows layer by layer (an overlay). Nothing shared is written.
/// </summary>
public sealed unsafe class BlendTable : IKvTable
{
    private readonly BlockPool _pool;
    private readonly ChunkHit[] _hits;
    private readonly float*[] _rotations;
    private readonly List<BlockId?> _own = [];
    private readonly SliceAllocator _slices;
    private readonly OverlayRows[] _overlays;
    private readonly bool _rotates;
    private readonly int _half;
    private BlockReservation? _reservation;

    /// <summary>Creates a table that reads <paramref name="hits"/>, and takes a reference to each of their blocks.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="rope">The rotation that keys are stored with.</param>
    /// <param name="hits">Ascending, not overlapping.</param>
    /// <param name="correctPositions">False to read moved keys as they lie (a baseline).</param>
    public BlendTable(BlockPool pool, RopeTable rope, IReadOnlyList<ChunkHit> hits, bool correctPositions)
    {
        _pool = pool;
        _hits = [.. hits];
        _half = rope.Half;
        _rotates = correctPositions;
        _slices = new SliceAllocator(pool, lanes: 1);
        _overlays = new OverlayRows[pool.Layout.Layers];
        for (var layer = 0; layer < _overlays.Length; layer++)
            _overlays[layer] = new OverlayRows(pool, _slices);
        _rotations = new float*[_hits.Length];
        for (var i = 0; i < _hits.Length; i++)
        {
            _rotations[i] = (float*)NativeMemory.AlignedAlloc((nuint)(2 * _half) * sizeof(float), 64);
            rope.Rotation(_hits[i].PositionOffset, _rotations[i]);
            foreach (var block in _hits[i].BlocksOf(BlockRows))
                pool.AddReference(block);
        }
    }

    /// <inheritdoc/>
    public int Length { get; private set; }

    /// <inheritdoc/>
    public bool IsUniform => false;

    /// <inheritdoc/>
    public int BlockCount => _own.Count(block => block is not null) + _slices.BlockCount;

    /// <summary>The chunks that it reads.</summary>
    public IReadOnlyList<ChunkHit> Hits => _hits;

    /// <summary>Rows before the first chunk: they depend on nothing that was reused approximately.</summary>
    public int ExactLength => _hits.Length == 0 ? Length : Math.Min(Length, _hits[0].Start);

    /// <summary>
    /// False while the rows of chunks are looked at and not kept; from then on rows that are written at a chunk's positions stand in for the
    /// chunk's own.
    /// </summary>
    public bool KeepsRepairs { get; set; }

    /// <summary>Private rows that stand in for shared ones, in the layer that has most of them.</summary>
    public int RepairedRows => _overlays.Max(overlay => overlay.Count);

    /// <inheritdoc/>
    public int Rows(int layer) => Length;

    /// <summary>Takes over the references of a match; whole blocks only. The table must be empty; the match is spent.</summary>
    public void AttachPrefix(PrefixMatch match)
    {
        match.DropPartialBlock();
        var blocks = new List<BlockId>();
        Length = match.MoveBlocksTo(blocks);
        foreach (var block in blocks)
            _own.Add(block);
    }

    /// <inheritdoc/>
    public int BlocksToReach(int length)
    {
        var blocks = 0;
        for (var i = Length / BlockRows; i * BlockRows < length; i++)
            blocks += NeedsOwn(i, length) ? 1 : 0;
        return blocks;
    }

    /// <summary>Blocks that so many more repaired rows take, in every layer.</summary>
    public int BlocksToRepair(int rows)
    {
        var slices = -_slices.FreeSlices;
        foreach (var overlay in _overlays)
            slices += overlay.SlicesToAdd(rows);
        return slices <= 0 ? 0 : (slices + _overlays.Length - 1) / _overlays.Length;
    }

    /// <inheritdoc/>
    public void Extend(int length, BlockReservation reservation)
    {
        _reservation = reservation;
        if (length <= Length)
            return;
        var needed = BlocksToReach(length);
        if (needed > 0)
            reservation.Require(_pool, needed); // so that nothing happens by halves
        for (var i = Length / BlockRows; i * BlockRows < length; i++)
        {
            while (_own.Count <= i)
                _own.Add(null);
            if (NeedsOwn(i, length))
                _own[i] = _pool.Allocate(reservation, this);
            if (_own[i] is { } block && _pool.MayAppend(block, _pool.FilledRows(block), this))
                _pool.SetFilled(block, Math.Min(BlockRows, length - (i * BlockRows)));
        }

        Length = length;
    }

    /// <summary>The hit that a position belongs to, or -1.</summary>
    public int HitAt(int position)
    {
        int low = 0, high = _hits.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (position < _hits[middle].Start)
                high = middle - 1;
            else if (position >= _hits[middle].End)
                low = middle + 1;
            else
                return middle;
        }

        return -1;
    }

    /// <summary>How far the row of a layer is moved from the position that its key is stored at.</summary>
    public int OffsetAt(int layer, int position) =>
        HitAt(position) is var hit and >= 0 && !_overlays[layer].TryTarget(position, out _) ? _hits[hit].PositionOffset : 0;

    /// <inheritdoc/>
    public KvWriteRow WriteTarget(int layer, int position)
    {
        if (HitAt(position) < 0)
            return OwnRow(layer, position);
        return KeepsRepairs ? _overlays[layer].Target(position, _reservation!) : default;
    }

    /// <inheritdoc/>
    public KvWriteRow RowTarget(int layer, int row)
    {
        var hit = HitAt(row);
        if (hit < 0)
            return OwnRow(layer, row);
        return _overlays[layer].TryTarget(row, out var target) ? target : SharedRow(layer, hit, row);
    }

    /// <summary>
    /// Decodes the key that a chunk brings to a position, rotated to where it is used, whether or not another row stands in for it.
    /// </summary>
    /// <param name="layer">The layer.</param>
    /// <param name="position">A position of a hit.</param>
    /// <param name="key">Receives <c>[kvHeads * headDim]</c>.</param>
    public void ReadSharedKey(int layer, int position, Span<float> key)
    {
        var hit = HitAt(position);
        var row = SharedRow(layer, hit, position);
        KvRowReader.ReadKeys(_pool.Layout, row.Slice, row.Slot, key);
        if (_rotates && _hits[hit].PositionOffset != 0)
            KvRowReader.Rotate(key, _pool.Layout.HeadDim, _rotations[hit], _half);
    }

    /// <summary>Decodes the value that a chunk brings to a position, whether or not another row stands in for it.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="position">A position of a hit.</param>
    /// <param name="value">Receives <c>[kvHeads * headDim]</c>.</param>
    public void ReadSharedValue(int layer, int position, Span<float> value)
    {
        var row = SharedRow(layer, HitAt(position), position);
        KvRowReader.ReadValues(_pool.Layout, row.Slice, row.Slot, value);
    }

    /// <summary>A block of own rows, by number; it must have some.</summary>
    public BlockId OwnBlock(int index) => _own[index] ?? throw new InvalidOperationException($"block {index} of the table holds no rows of its own");

    /// <inheritdoc/>
    public KvView BuildView(int layer, SegmentArena arena)
    {
        var count = CountSegments();
        var segments = arena.Take(count);
        var at = 0;
        var position = 0;
        for (var i = 0; i <= _hits.Length; i++)
        {
            var end = i < _hits.Length ? Math.Min(Length, _hits[i].Start) : Length;
            for (; position < end; position = Math.Min(end, NextBorder(position)))
                OwnSegment(ref segments[at++], position, Math.Min(end, NextBorder(position)));
            if (i == _hits.Length || position >= Length)
                break;
            end = Math.Min(Length, _hits[i].End);
            for (; position < end; at++)
                position = SharedSegment(ref segments[at], i, position, end);
        }

        return new KvView
        {
            Segments = segments,
            SegmentCount = at,
            SliceOffset = layer * _pool.LayerStride,
            LayerStride = _pool.LayerStride,
            Overlay = _overlays[layer].View,
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var block in _own)
        {
            if (block is { } own)
                _pool.Release(own);
        }

        _own.Clear();
        for (var i = 0; i < _hits.Length && _rotations[i] is not null; i++)
        {
            foreach (var block in _hits[i].BlocksOf(BlockRows))
                _pool.Release(block);
            NativeMemory.AlignedFree(_rotations[i]);
            _rotations[i] = null;
        }

        foreach (var overlay in _overlays)
            overlay.Dispose();
        _slices.Dispose();
        Length = 0;
    }

    private int BlockRows => _pool.Layout.BlockRows;

    private int NextBorder(int position) => (position / BlockRows + 1) * BlockRows;

    /// <summary>True when block <paramref name="index"/> would hold own rows below <paramref name="length"/> and is not there yet.</summary>
    private bool NeedsOwn(int index, int length)
    {
        if (index < _own.Count && _own[index] is not null)
            return false;
        var position = Math.Max(Length, index * BlockRows);
        var end = Math.Min(length, (index + 1) * BlockRows);
        while (position < end)
        {
            var hit = HitAt(position);
            if (hit < 0)
                return true;
            position = _hits[hit].End;
        }

        return false;
    }

    private KvWriteRow OwnRow(int layer, int position)
    {
        if ((uint)position >= (uint)Length)
            throw new ArgumentOutOfRangeException(nameof(position), position, $"the table has {Length} rows");
        return new KvWriteRow { Slice = _pool.Slice(_own[position / BlockRows]!.Value, layer), Slot = position % BlockRows };
    }

    private KvWriteRow SharedRow(int layer, int hit, int position)
    {
        var slot = SlotOf(_hits[hit], position);
        return new KvWriteRow { Slice = _pool.Slice(_hits[hit].Run.Blocks[slot / BlockRows], layer), Slot = slot % BlockRows };
    }

    private static int SlotOf(ChunkHit hit, int position) => hit.Run.FirstSlot + hit.RunStart + (position - hit.Start);

    private int CountSegments()
    {
        var count = (Length / BlockRows) + 2 + (4 * _hits.Length);
        foreach (var hit in _hits)
            count += hit.Length / BlockRows;
        return count;
    }

    private void OwnSegment(ref KvSegment segment, int position, int end)
    {
        segment.Slice = _pool.Address(_own[position / BlockRows]!.Value);
        segment.FirstSlot = position % BlockRows;
        segment.Count = end - position;
        segment.FirstRow = position;
        segment.BasePosition = position;
    }

    private int SharedSegment(ref KvSegment segment, int hit, int position, int end)
    {
        var slot = SlotOf(_hits[hit], position);
        var count = Math.Min(end - position, BlockRows - (slot % BlockRows));
        segment.Slice = _pool.Address(_hits[hit].Run.Blocks[slot / BlockRows]);
        segment.FirstSlot = slot % BlockRows;
        segment.Count = count;
        segment.FirstRow = position;
        segment.PositionOffset = _rotates ? _hits[hit].PositionOffset : 0;
        segment.BasePosition = position - segment.PositionOffset;
        segment.Rotation = _rotations[hit];
        return position + count;
    }
}

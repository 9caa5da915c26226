using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Tables;

/// <summary>What attention sees of a lane: packed rows, then rows as the pool stores them.</summary>
/// <param name="slices">Where pieces lie.</param>
/// <param name="blockRows">Rows of a piece.</param>
internal sealed unsafe class LaneSegments(SliceAllocator slices, int blockRows)
{
    /// <summary>Position of rows that every query sees.</summary>
    private const int Settled = int.MinValue / 2;

    /// <summary>True when all rows of earlier steps are seen by all that come.</summary>
    public bool SeesAllRows { get; set; }

    /// <summary>Rows before the step.</summary>
    public int SettledLength { get; set; }

    /// <summary>The first rows are read as if they were this much further on.</summary>
    public (int Rows, int Offset) Shift { get; set; }

    public KvView Build(LaneRows rows, int layer, int lane, LanePacker? packer, SegmentArena arena)
    {
        var pieces = (rows.Slots + blockRows - 1) / blockRows;
        var split = Shift.Offset != 0 && Shift.Rows > 0 && rows.Count > Shift.Rows && Shift.Rows < blockRows && rows.PackedRows == 0 ? 1 : 0;
        var segments = arena.Take(rows.Packed.Count + pieces + split);
        var at = 0;
        for (var row = 0; row < rows.PackedRows; row += segments[at++].Count)
        {
            segments[at].Slice = slices.Pointer(rows.Packed[at], lane);
            packer!.Form.Describe(ref segments[at], layer, rows.Positions[row]);
            See(ref segments[at], rows, row, Math.Min(packer.RowsPerPiece(layer), rows.PackedRows - row));
        }

        if (split == 1)
        {
            Fill(ref segments[at], rows, lane, 0, Shift.Rows);
            segments[at++].PositionOffset = Shift.Offset;
        }

        for (var row = rows.PackedRows + (split * Shift.Rows); row < rows.Count; row += segments[at++].Count)
            Fill(ref segments[at], rows, lane, row, Math.Min(blockRows - (rows.SlotOf(row) % blockRows), rows.Count - row));
        return new KvView { Segments = segments, SegmentCount = at };
    }

    private void Fill(ref KvSegment segment, LaneRows rows, int lane, int row, int count)
    {
        var slot = rows.SlotOf(row);
        segment.Slice = slices.Pointer(rows.Slices[slot / blockRows], lane);
        segment.FirstSlot = slot % blockRows;
        See(ref segment, rows, row, count);
    }

    private void See(ref KvSegment segment, LaneRows rows, int row, int count)
    {
        segment.Count = count;
        segment.FirstRow = row;
        segment.LogitBias = rows.BiasPointer == null ? null : rows.BiasPointer + row;

        // Rows of earlier steps are seen by all that come; only among those of this step positions tell.
        if (SeesAllRows && rows.Positions.Slice(row, count).IndexOfAnyExceptInRange(int.MinValue, SettledLength - 1) < 0)
            segment.BasePosition = Settled;
        else
            segment.Positions = rows.PositionPointer + row;
    }
}

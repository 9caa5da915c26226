using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Tables;

/// <summary>Brings 32 rows of a lane into <see cref="PackedForm"/>: they are taken first, and stored when what they took before is free.</summary>
/// <param name="layout">Layout that the rows are stored in.</param>
/// <param name="form">The form.</param>
/// <param name="lanes">Lanes of a layer: 1, or the number of KV heads.</param>
internal sealed unsafe class LanePacker(KvLayout layout, PackedForm form, int lanes)
{
    private readonly float[] _keys = new float[layout.KvHeads / lanes * PackedForm.GroupRows * form.HeadDim];
    private readonly float[] _values = new float[layout.KvHeads / lanes * PackedForm.GroupRows * form.HeadDim];

    public PackedForm Form => form;

    /// <summary>Rows in the packed groups of a piece.</summary>
    public int RowsPerPiece { get; } = form.GroupsPerPiece(layout) * PackedForm.GroupRows;

    private int Heads => layout.KvHeads / lanes;

    /// <summary>Takes a row of the group, all heads of the lane.</summary>
    public void Take(int row, in KvWriteRow from, int lane)
    {
        for (var i = 0; i < Heads; i++)
        {
            var at = ((i * PackedForm.GroupRows) + row) * form.HeadDim;
            KvRowReader.ReadHead(layout, from.Slice, from.Slot, lane + i, _keys.AsSpan(at, form.HeadDim), _values.AsSpan(at, form.HeadDim));
        }
    }

    /// <summary>Stores the rows that were taken as the last group of a lane that counts them as packed already.</summary>
    public void Store(SliceAllocator slices, LaneRows rows, int lane)
    {
        var group = (rows.PackedRows / PackedForm.GroupRows) - 1;
        var perPiece = RowsPerPiece / PackedForm.GroupRows;
        if (group % perPiece == 0)
            rows.Packed.Add(slices.Take(reservation: null));
        var slice = slices.Pointer(rows.Packed[^1], lane);
        var numbers = PackedForm.GroupRows * form.HeadDim;
        for (var i = 0; i < Heads; i++)
            PackedRows.Encode(form, _keys.AsSpan(i * numbers, numbers), _values.AsSpan(i * numbers, numbers), slice + form.Offset(layout, lane + i, group % perPiece));
    }

    /// <summary>Decodes a packed row of a head.</summary>
    public void ReadPacked(SliceAllocator slices, LaneRows rows, int lane, int head, int row, Span<float> key, Span<float> value)
    {
        var (piece, place) = (row / RowsPerPiece, row % RowsPerPiece);
        PackedRows.Read(form, slices.Pointer(rows.Packed[piece], lane) + form.Offset(layout, head, place / PackedForm.GroupRows), place % PackedForm.GroupRows, key, value);
    }
}

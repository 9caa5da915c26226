using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Tables;

/// <summary>Brings 32 rows of a lane into a packed form: they are taken first, and stored when what they took before is free.</summary>
/// <param name="layout">Layout that the rows are stored in.</param>
/// <param name="form">The form.</param>
/// <param name="lanes">Lanes of a layer: 1, or the number of KV heads.</param>
internal sealed unsafe class LanePacker(KvLayout layout, IPackedForm form, int lanes)
{
    private readonly float[] _keys = new float[layout.KvHeads / lanes * IPackedForm.GroupRows * layout.HeadDim];
    private readonly float[] _values = new float[layout.KvHeads / lanes * IPackedForm.GroupRows * layout.HeadDim];

    public IPackedForm Form => form;

    private int Heads => layout.KvHeads / lanes;

    /// <summary>Packed rows of a piece.</summary>
    public int RowsPerPiece(int layer) => form.RowsPerPiece(layout, layer);

    /// <summary>Takes a row of the group, all heads of the lane.</summary>
    public void Take(int row, in KvWriteRow from, int lane)
    {
        for (var i = 0; i < Heads; i++)
        {
            var at = ((i * IPackedForm.GroupRows) + row) * layout.HeadDim;
            KvRowReader.ReadHead(layout, from.Slice, from.Slot, lane + i, _keys.AsSpan(at, layout.HeadDim), _values.AsSpan(at, layout.HeadDim));
        }
    }

    /// <summary>Stores the rows that were taken as the last group of a lane that counts them as packed already.</summary>
    public void Store(SliceAllocator slices, LaneRows rows, int layer, int lane)
    {
        var perPiece = RowsPerPiece(layer);
        var first = rows.PackedRows - IPackedForm.GroupRows;
        var group = new PackedGroup(_keys, _values, rows.Positions[first]);
        for (var done = 0; done < IPackedForm.GroupRows;)
        {
            var place = (first + done) % perPiece;
            if (place == 0)
                rows.Packed.Add(slices.Take(reservation: null));
            var end = Math.Min(IPackedForm.GroupRows, done + perPiece - place);
            form.Encode(layout, layer, lane..(lane + Heads), group, done..end, slices.Pointer(rows.Packed[^1], lane), place);
            done = end;
        }
    }

    /// <summary>Decodes a packed row of a head.</summary>
    public void ReadPacked(SliceAllocator slices, LaneRows rows, int layer, int lane, int head, int row, Span<float> key, Span<float> value)
    {
        var (piece, place) = (row / RowsPerPiece(layer), row % RowsPerPiece(layer));
        form.Read(layout, layer, head, slices.Pointer(rows.Packed[piece], lane), place, rows.Positions[row], key, value);
    }
}

using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Tables;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Running;

/// <summary>Decoded rows of one layer of a table.</summary>
internal sealed unsafe class TableRows(KvLayout layout) : IKvRowSource
{
    private IKvTable? _table;
    private int _layer;

    /// <summary>Looks at a layer.</summary>
    public TableRows At(IKvTable table, int layer)
    {
        _table = table;
        _layer = layer;
        return this;
    }

    public void Read(int head, int row, Span<float> key, Span<float> value)
    {
        if (_table is RaggedTable ragged)
        {
            ragged.Read(_layer, head, row, key, value);
            return;
        }

        var target = _table!.RowTarget(_layer, row);
        KvRowReader.ReadHead(layout, target.Slice, target.Slot, head, key, value);
    }

    public void KeyBounds(int head, int firstRow, int count, Span<float> smallest, Span<float> largest)
    {
        smallest.Fill(float.PositiveInfinity);
        largest.Fill(float.NegativeInfinity);
        for (var row = firstRow; row < firstRow + count;)
        {
            var target = _table!.RowTarget(_layer, row);
            var together = _table is RaggedTable ? 1 : Math.Min(firstRow + count - row, KvLayout.RowGroup - (target.Slot % KvLayout.RowGroup));
            KvRowReader.WidenBounds(layout, target.Slice, target.Slot, together, head, smallest, largest);
            row += together;
        }
    }
}

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
}

using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tables;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Tiers;

/// <summary>
/// Rows of a table computed a second time: attention reads the table, and what is written goes aside to be compared with it.
/// </summary>
/// <param name="pool">The table's pool.</param>
/// <param name="table">The table; stays the caller's.</param>
/// <param name="scratch">Where rows go; the caller keeps it alive.</param>
/// <param name="positions">The rows, ascending.</param>
/// <param name="layerEnd">They pass layers <c>[0, layerEnd)</c>, and are compared in these.</param>
internal sealed unsafe class VerificationTable(
    BlockPool pool, UniformTable table, VerificationScratch scratch, ReadOnlyMemory<int> positions, int layerEnd) : IKvTable
{
    public int Length => table.Length;

    public bool IsUniform => true;

    public int BlockCount => table.BlockCount;

    public ReadOnlySpan<int> Positions => positions.Span;

    public int LayerEnd => layerEnd;

    public int Rows(int layer) => table.Rows(layer);

    public int BlocksToReach(int length) => 0;

    public void Extend(int length, BlockReservation reservation) => throw new NotSupportedException("a verification adds no rows");

    public KvWriteRow WriteTarget(int layer, int position) => scratch.Row(layer, positions.Span.BinarySearch(position));

    public KvWriteRow RowTarget(int layer, int row) => table.RowTarget(layer, row);

    public KvView BuildView(int layer, SegmentArena arena) => table.BuildView(layer, arena);

    /// <summary>After the step: the first position whose row has other bits, or -1.</summary>
    public int FirstDifference()
    {
        for (var i = 0; i < positions.Length; i++)
        {
            for (var layer = 0; layer < layerEnd; layer++)
            {
                var claimed = table.RowTarget(layer, positions.Span[i]);
                var computed = scratch.Row(layer, i);
                if (!KvRows.AreEqual(pool.Layout, claimed.Slice, claimed.Slot, computed.Slice, computed.Slot))
                    return positions.Span[i];
            }
        }

        return -1;
    }

    public void Dispose()
    {
    }
}

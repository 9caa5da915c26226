using System.Runtime.Intrinsics.X86;

namespace Kvasir.Numerics.Attention;

/// <summary>
/// Asks for rows of the next tile while this one is loaded: they are known from the segments, but the processor sees a jump at every block and
/// head. A wish only; where the processor has no such instruction nothing happens.
/// </summary>
internal static unsafe class TileAhead
{
    private const int LineBytes = 64;

    /// <summary>Asks for one head's rows <c>[row, row + count)</c>, as far as they exist.</summary>
    /// <param name="view">The rows.</param>
    /// <param name="segment">The segment from which on they are found.</param>
    /// <param name="row">Absolute row.</param>
    /// <param name="count">Rows, at most a group.</param>
    /// <param name="layout">Layout of the blocks.</param>
    /// <param name="head">KV head.</param>
    public static void Ask(in KvView view, int segment, long row, int count, KvLayout layout, int head)
    {
        if (!Sse.IsSupported)
            return;
        while (segment < view.SegmentCount && row >= view.Segments[segment].FirstRow + view.Segments[segment].Count)
            segment++;
        if (segment == view.SegmentCount)
            return;
        ref readonly var rows = ref view.Segments[segment];
        if (row < rows.FirstRow || rows.IsPacked)
            return; // packed rows are read from end to end, which the processor sees by itself
        var slot = rows.FirstSlot + (int)(row - rows.FirstRow);
        var slice = rows.Slice + view.SliceOffset;
        if (rows.BlockStride != 0)
        {
            slice += slot / layout.BlockRows * rows.BlockStride;
            slot %= layout.BlockRows;
        }

        // Keys lie in groups of rows, values row by row; both take as much for as many rows. A group is asked for once, at its first row.
        var rowBytes = layout.RowBytes;
        if (slot % KvLayout.RowGroup == 0)
            AskLines(slice + layout.KeyOffset(head) + (slot * rowBytes), KvLayout.RowGroup * rowBytes);
        AskLines(slice + layout.ValueOffset(head) + (slot * rowBytes), count * rowBytes);
    }

    private static void AskLines(byte* first, int bytes)
    {
        for (var i = 0; i < bytes; i += LineBytes)
            Sse.Prefetch1(first + i);
    }
}

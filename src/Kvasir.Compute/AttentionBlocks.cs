using Kvasir.Numerics;
using Kvasir.Numerics.Attention;

namespace Kvasir.Compute;

/// <summary>
/// Cuts the rows of an attention call into blocks: rows of one view, or few rows each of views that begin with the same segments. Which rows
/// are computed together never changes a bit.
/// </summary>
internal sealed unsafe class AttentionBlocks : IDisposable
{
    /// <summary>Most rows of a block.</summary>
    public const int MaxRows = 16;

    /// <summary>A view with more rows than this in the call shares its tiles among them.</summary>
    private const int FewRows = 4;

    /// <summary>Tiles of common rows from which views are worth joining.</summary>
    private const long WorthSharing = 2;

    private RowBlock[] _blocks = new RowBlock[64];
    private Run[] _runs = new Run[64];
    private nint[] _keys = new nint[64];
    private NativeBuffer _order = new(0);
    private int _count;

    /// <summary>The blocks of the last call; valid until the next.</summary>
    public RowBlock[] Blocks => _blocks;

    /// <summary>Cuts a call.</summary>
    /// <param name="batch">The call.</param>
    /// <param name="threads">Threads to feed.</param>
    /// <returns>The number of blocks.</returns>
    public int Cut(in AttentionBatch batch, int threads)
    {
        _count = 0;
        if (_order.Length < (nuint)batch.RowCount * sizeof(int))
        {
            _order.Dispose();
            _order = new NativeBuffer(2 * (nuint)batch.RowCount * sizeof(int));
        }

        var order = (int*)_order.Pointer;
        var runs = 0;
        var candidates = 0;
        for (var row = 0; row < batch.RowCount;)
        {
            var first = row;
            while (row < batch.RowCount && batch.Rows[row].View == batch.Rows[first].View)
                row++;
            if (AttentionMasses.Of(batch, first) is var mass && mass != null)
            {
                // A block has rows of one group.
                for (int end, group = mass->GroupRows; first < row; first = end)
                {
                    end = Math.Min(row, first + group - (batch.Rows[first].Position % group));
                    order = Add(order, first, end - first);
                }

                continue;
            }

            if (row - first <= FewRows && batch.Views[batch.Rows[first].View].SegmentCount > 0)
            {
                AddCandidate(runs++, first, row - first, (nint)batch.Views[batch.Rows[first].View].Segments[0].Slice);
                candidates += row - first;
                continue;
            }

            for (; first < row; first += MaxRows)
                order = Add(order, first, Math.Min(MaxRows, row - first));
        }

        // Views that begin with the same block become neighbours. Enough blocks must be left to keep the threads busy.
        Array.Sort(_keys, _runs, 0, runs);
        var most = Math.Clamp(candidates * batch.Layout.KvHeads / (4 * threads), 1, MaxRows);
        for (var i = 0; i < runs;)
            order = Join(batch, order, ref i, runs, most);
        return _count;
    }

    public void Dispose() => _order.Dispose();

    private int* Join(in AttentionBatch batch, int* order, ref int i, int runs, int most)
    {
        var rows = order;
        var lead = _runs[i];
        var shared = RowBlock.OneView;
        var joined = 0;
        do
        {
            for (var r = 0; r < _runs[i].Count; r++)
                rows[joined++] = _runs[i].First + r;
            i++;
            if (i == runs || joined + _runs[i].Count > most)
                break;
            var common = SharedTiles(batch.Views[batch.Rows[lead.First].View], batch.Views[batch.Rows[_runs[i].First].View]);
            if (common < WorthSharing)
                break;
            shared = Math.Min(shared, common);
        }
        while (true);
        AddBlock(new RowBlock(rows, joined, shared));
        return order + joined;
    }

    private int* Add(int* order, int first, int count)
    {
        for (var i = 0; i < count; i++)
            order[i] = first + i;
        AddBlock(new RowBlock(order, count, RowBlock.OneView));
        return order + count;
    }

    private void AddBlock(RowBlock block)
    {
        if (_count == _blocks.Length)
            Array.Resize(ref _blocks, 2 * _count);
        _blocks[_count++] = block;
    }

    private void AddCandidate(int index, int first, int count, nint key)
    {
        if (index == _runs.Length)
        {
            Array.Resize(ref _runs, 2 * index);
            Array.Resize(ref _keys, 2 * index);
        }

        _runs[index] = new Run(first, count);
        _keys[index] = key;
    }

    /// <summary>Whole tiles from the beginning whose rows are the same memory, seen in the same way.</summary>
    private static long SharedTiles(in KvView a, in KvView b)
    {
        if (a.SliceOffset != b.SliceOffset || a.Overlay != b.Overlay)
            return 0;
        var segments = Math.Min(a.SegmentCount, b.SegmentCount);
        long rows = 0;
        for (var s = 0; s < segments && Same(a.Segments[s], b.Segments[s]); s++)
            rows = a.Segments[s].FirstRow + a.Segments[s].Count;
        return rows / AttentionScratch.TileRows;
    }

    private static bool Same(in KvSegment a, in KvSegment b) =>
        a.Slice == b.Slice && a.FirstSlot == b.FirstSlot && a.BlockStride == b.BlockStride && a.Count == b.Count && a.FirstRow == b.FirstRow
        && a.BasePosition == b.BasePosition && a.PositionOffset == b.PositionOffset && a.Positions == b.Positions
        && a.RowMask == b.RowMask && a.LogitBias == b.LogitBias;

    /// <summary>Rows of one view.</summary>
    private readonly record struct Run(int First, int Count);
}

using System.Runtime.InteropServices;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Reading;
using Kvasir.KvCache.Reading;
using Kvasir.KvCache.Tables;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Running;

/// <summary>
/// Views of the rows that sequences with sparse reading read: one for each block of queries, with lists of segments for each KV head that are
/// cut from the whole view. Rows are neither moved nor masked, and what is not read costs nothing.
/// </summary>
internal sealed unsafe class SparseViews(LoadedModel model, RunnerBuffers buffers, ActiveRows active) : IDisposable
{
    private readonly SegmentArena _segments = new();
    private readonly RowRanges _ranges = new();
    private readonly TableRows _rows = new(model.Layout);
    private KvView* _heads;
    private int _headCapacity;
    private int _headCount;
    private float[] _weights = [];

    /// <summary>True when a sequence of the step is read sparsely.</summary>
    public bool Any { get; private set; }

    public void BeginStep(StepBatch batch)
    {
        var rows = 0;
        foreach (ref readonly var sequence in batch.Sequences)
            rows += sequence.Reading is null ? 0 : sequence.RowCount;
        Any = rows > 0;
        if (rows * KvHeads <= _headCapacity)
            return;
        _headCapacity = rows * KvHeads;
        _heads = (KvView*)NativeMemory.Realloc(_heads, (nuint)_headCapacity * (nuint)sizeof(KvView));
    }

    /// <summary>Builds the layer's views, behind those of whole sequences, and lets rows read them. Returns the number of all views.</summary>
    /// <param name="batch">The step; its whole views and queries are built.</param>
    /// <param name="kvLayer">The layer, among those that keep keys and values.</param>
    /// <param name="call">The layer's attention with whole views.</param>
    public int Build(StepBatch batch, int kvLayer, in AttentionBatch call)
    {
        _segments.Clear();
        _headCount = 0;
        var views = batch.Sequences.Length;
        for (var i = 0; i < batch.Sequences.Length; i++)
        {
            var (first, count) = active.Part(i);
            if (batch.Sequences[i].Reading is not { } reading || count == 0)
                continue;
            _rows.At(batch.Sequences[i].Table, kvLayer);
            var queries = new ReadOnlySpan<float>(buffers.Qkv + ((long)first * buffers.QkvWidth), count * buffers.QkvWidth);
            reading.Reader.See(new ReadingQueries(kvLayer, active.Positions[first], count, queries, buffers.QkvWidth));
            if (reading.Policy.LookRows > 0 && reading.RowsTogether(active.Positions[first]) > 0)
                Look(reading, kvLayer, first, count, call);
            for (var row = first; row < first + count;)
            {
                var (blockEnd, sparse) = reading.BlockAt(active.Positions[row]);
                var end = row + 1;
                while (end < first + count && active.Positions[end] < blockEnd)
                    end++;
                if (sparse && TryBuild(reading, kvLayer, i, row, end, out var view))
                {
                    buffers.Views[views] = view;
                    for (var r = row; r < end; r++)
                        buffers.Queries[r].View = views;
                    views++;
                }

                row = end;
            }
        }

        return views;
    }

    public void Dispose()
    {
        _segments.Dispose();
        NativeMemory.Free(_heads);
        _heads = null;
    }

    private int KvHeads => model.Config.KvHeads;

    /// <summary>Shows a reader what the last rows of a chunk look at: their attention, computed densely.</summary>
    private void Look(ReadingSession reading, int kvLayer, int first, int count, in AttentionBatch call)
    {
        var rows = Math.Min(reading.Policy.LookRows, count);
        var at = first + count - rows;
        var length = active.Positions[first + count - 1] + 1;
        if (_weights.Length < rows * call.QueryHeads * length)
            _weights = GC.AllocateUninitializedArray<float>(rows * call.QueryHeads * Math.Min(2 * length, model.MaxContext), pinned: true);

        // What it gives is overwritten when the rows are attended to in earnest.
        var look = call;
        look.Rows = buffers.Queries + at;
        look.RowCount = rows;
        look.Queries = buffers.Qkv + ((long)at * buffers.QkvWidth);
        look.Output = buffers.Attention + ((long)at * buffers.QueryWidth);
        look.LogSumExp = buffers.LogSumExp;
        model.Backend.Attend(look);
        fixed (float* weights = _weights)
            model.Backend.ObserveAttention(look, new AttentionProbe { RowCount = rows, ColumnCount = length, Weights = weights });
        reading.Reader.Look(new ReadingLook { Layer = kvLayer, Length = length, LookRows = rows, Weights = _weights.AsSpan(0, rows * call.QueryHeads * length) });
    }

    /// <summary>A view of what rows <c>[row, end)</c> of the step read; false when all heads read everything.</summary>
    private bool TryBuild(ReadingSession reading, int kvLayer, int sequence, int row, int end, out KvView view)
    {
        ref readonly var whole = ref buffers.Views[sequence];
        var position = active.Positions[row];
        var last = active.Positions[end - 1];
        var group = model.Config.QueryHeads / KvHeads * model.Config.HeadDim;
        var heads = _heads + _headCount;
        var any = false;
        for (var head = 0; head < KvHeads; head++)
        {
            var block = new ReadingBlock
            {
                Layer = kvLayer,
                Head = head,
                Start = end - row == 1 && position >= reading.Reader.SparseEnd ? position : position / RowReader.BlockRows * RowReader.BlockRows,
                Last = last,
                Queries = new ReadOnlySpan<float>(buffers.Qkv + ((long)row * buffers.QkvWidth) + ((long)head * group), group),
                Rows = _rows,
            };
            _ranges.Clear();
            heads[head] = whole;
            var sparse = reading.Reader.Select(block, _ranges);
            if (sparse)
            {
                any = true;
                _ranges.Add(block.Start, last + 1);
                _ranges.Settle(last + 1);
                Cut(whole, ref heads[head]);
            }

            reading.Count(last + 1, sparse ? _ranges.Rows : last + 1);
        }

        view = new KvView { Heads = heads };
        if (any)
            _headCount += KvHeads;
        return any;
    }

    /// <summary>
    /// Cuts the ranges out of a view whose rows are their positions. The rows that are left are numbered anew, so that they fill tiles: a tile costs
    /// the same for one row as for all of its 64.
    /// </summary>
    private void Cut(in KvView whole, ref KvView cut)
    {
        cut.Segments = _segments.Take(_ranges.Count + whole.SegmentCount);
        cut.SegmentCount = 0;
        var next = 0;
        var row = 0;
        for (var i = 0; i < _ranges.Count; i++)
        {
            var (start, end) = _ranges[i];
            while (next < whole.SegmentCount && whole.Segments[next].FirstRow + whole.Segments[next].Count <= start)
                next++;
            for (var s = next; s < whole.SegmentCount && whole.Segments[s].FirstRow < end; s++)
            {
                ref readonly var from = ref whole.Segments[s];
                var skipped = (int)Math.Max(0, start - from.FirstRow);
                var rows = (int)Math.Min(from.Count, end - from.FirstRow) - skipped;
                ref var to = ref cut.Segments[cut.SegmentCount++];
                to = from;
                to.FirstSlot += skipped;
                to.FirstRow = row;
                to.BasePosition += skipped;
                to.Count = rows;
                row += rows;
            }
        }
    }
}

using System.Runtime.InteropServices;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Reading;
using Kvasir.KvCache.Reading;
using Kvasir.KvCache.Tables;
using Kvasir.Numerics.Attention;
using Kvasir.Numerics.Workers;

namespace Kvasir.Engine.Running;

/// <summary>
/// Views of the rows that sequences with sparse reading read: one for each block of queries, with lists of segments for each KV head that are
/// cut from the whole view. Rows are neither moved nor masked, and what is not read costs nothing.
/// </summary>
internal sealed unsafe class SparseViews(LoadedModel model, RunnerBuffers buffers, ActiveRows active) : IDisposable
{
    private readonly SegmentArena _segments = new();
    private readonly List<Part> _parts = [];
    private readonly List<(int Row, int End)> _blocks = [];
    private readonly List<RowRanges> _ranges = [];
    private readonly List<TableRows> _rows = [];
    private KvView* _heads;
    private int _headCapacity;
    private float[] _masses = [];

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
        _parts.Clear();
        _blocks.Clear();
        for (var i = 0; i < batch.Sequences.Length; i++)
        {
            var (first, count) = active.Part(i);
            if (batch.Sequences[i].Reading is not { } reading || count == 0)
                continue;
            var queries = new ReadOnlySpan<float>(buffers.Qkv + ((long)first * buffers.QkvWidth), count * buffers.QkvWidth);
            reading.Reader.See(new ReadingQueries(kvLayer, active.Positions[first], count, queries, buffers.QkvWidth));
            if (reading.Policy.LookRows > 0 && reading.RowsTogether(active.Positions[first]) > 0)
                Look(reading, kvLayer, first, count, call);
            var firstBlock = _blocks.Count;
            CutBlocks(reading, first, first + count);
            if (_rows.Count == _parts.Count)
                _rows.Add(new TableRows(model.Layout));
            _parts.Add(new Part(reading, i, firstBlock, _blocks.Count, _rows[_parts.Count].At(batch.Sequences[i].Table, kvLayer)));
        }

        while (_ranges.Count < _blocks.Count * KvHeads)
            _ranges.Add(new RowRanges());
        var job = new SelectJob(this, kvLayer);
        model.Backend.Spread(ref job, _parts.Count * KvHeads);
        var views = batch.Sequences.Length;
        var heads = _heads;
        foreach (var part in _parts)
        {
            for (var block = part.FirstBlock; block < part.EndBlock; block++)
            {
                if (!TryBuild(part, block, heads))
                    continue;
                buffers.Views[views] = new KvView { Heads = heads };
                for (var row = _blocks[block].Row; row < _blocks[block].End; row++)
                    buffers.Queries[row].View = views;
                heads += KvHeads;
                views++;
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

    /// <summary>Shows a reader what the last rows of a chunk look at.</summary>
    private void Look(ReadingSession reading, int kvLayer, int first, int count, in AttentionBatch call)
    {
        var rows = Math.Min(reading.Policy.LookRows, count);
        var at = first + count - rows;
        var length = active.Positions[first + count - 1] + 1;
        var masses = KvHeads * length;
        if (_masses.Length < 2 * masses)
            _masses = GC.AllocateUninitializedArray<float>(2 * KvHeads * Math.Min(2 * length, model.MaxContext), pinned: true);

        var look = call;
        look.Rows = buffers.Queries + at;
        look.RowCount = rows;
        look.Queries = buffers.Qkv + ((long)at * buffers.QkvWidth);
        fixed (float* columns = _masses)
            model.Backend.SurveyAttention(look, new AttentionSurvey { Length = length, Columns = columns, Diagonals = columns + masses });
        reading.Reader.Look(new ReadingLook { Layer = kvLayer, Length = length, Columns = _masses.AsSpan(0, masses), Diagonals = _masses.AsSpan(masses, masses) });
    }

    /// <summary>Cuts rows <c>[row, end)</c> of the step into blocks that may be read sparsely.</summary>
    private void CutBlocks(ReadingSession reading, int row, int end)
    {
        while (row < end)
        {
            var first = row;
            var (blockEnd, sparse) = reading.BlockAt(active.Positions[row]);
            while (row < end && active.Positions[row] < blockEnd)
                row++;
            if (sparse)
                _blocks.Add((first, row));
        }
    }

    /// <summary>Has a sequence's reader choose for its blocks in one KV head.</summary>
    private void Select(in Part part, int kvLayer, int head)
    {
        var reader = part.Reading.Reader;
        var group = model.Config.QueryHeads / KvHeads * model.Config.HeadDim;
        for (var i = part.FirstBlock; i < part.EndBlock; i++)
        {
            var (row, end) = _blocks[i];
            var position = active.Positions[row];
            var ranges = _ranges[(i * KvHeads) + head];
            var block = new ReadingBlock
            {
                Layer = kvLayer,
                Head = head,
                Start = end - row == 1 && position >= reader.SparseEnd ? position : position / RowReader.BlockRows * RowReader.BlockRows,
                Last = active.Positions[end - 1],
                Queries = new ReadOnlySpan<float>(buffers.Qkv + ((long)row * buffers.QkvWidth) + ((long)head * group), group),
                Rows = part.Rows,
            };
            ranges.Clear();
            if (!reader.Select(block, ranges))
                ranges.Add(0, block.Last + 1);
            ranges.Add(block.Start, block.Last + 1);
            ranges.Settle(block.Last + 1);
        }
    }

    /// <summary>Fills a view for each KV head; false when all heads read everything.</summary>
    private bool TryBuild(in Part part, int block, KvView* heads)
    {
        ref readonly var whole = ref buffers.Views[part.Sequence];
        var visible = active.Positions[_blocks[block].End - 1] + 1;
        var any = false;
        for (var head = 0; head < KvHeads; head++)
        {
            var ranges = _ranges[(block * KvHeads) + head];
            part.Reading.Count(visible, ranges.Rows);
            heads[head] = whole;
            if (ranges.Rows == visible)
                continue;
            any = true;
            Cut(whole, ranges, ref heads[head]);
        }

        return any;
    }

    /// <summary>
    /// Cuts the ranges out of a view whose rows are their positions. The rows that are left are numbered anew, so that they fill tiles: a tile costs
    /// the same for one row as for all of its 64.
    /// </summary>
    private void Cut(in KvView whole, RowRanges ranges, ref KvView cut)
    {
        cut.Segments = _segments.Take(ranges.Count + whole.SegmentCount);
        cut.SegmentCount = 0;
        var next = 0;
        var row = 0;
        for (var i = 0; i < ranges.Count; i++)
        {
            var (start, end) = ranges[i];
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

    /// <summary>A sequence's rows of the step.</summary>
    private readonly record struct Part(ReadingSession Reading, int Sequence, int FirstBlock, int EndBlock, TableRows Rows);

    private readonly struct SelectJob(SparseViews views, int kvLayer) : IParallelJob
    {
        public void Execute(int worker, int start, int end)
        {
            for (var item = start; item < end; item++)
                views.Select(views._parts[item / views.KvHeads], kvLayer, item % views.KvHeads);
        }
    }
}

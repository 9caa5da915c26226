using Kvasir.Numerics;
using Kvasir.Numerics.Attention;
using Kvasir.Numerics.Kernels;
using Kvasir.Numerics.Workers;

namespace Kvasir.Compute;

/// <summary>
/// Spreads the attention of few query rows over threads by splits of the cache (Flash-Decoding, Dao et al. 2023). The splits sit at
/// absolute rows and are merged in ascending order as always, so that the bits are those of one thread.
/// </summary>
internal sealed unsafe class AttentionSplits : IDisposable
{
    private const int SplitRows = 512;

    private SplitItem[] _items = new SplitItem[64];
    private NativeBuffer _partials = new(0);
    private int _count;
    private int _merges;

    /// <summary>Plans the splits of a call. False when there is nothing to gain.</summary>
    /// <param name="batch">The call.</param>
    /// <param name="blocks">Blocks of rows.</param>
    /// <param name="threads">Threads to feed.</param>
    /// <param name="stride">Elements of an accumulator.</param>
    public bool TryPlan(in AttentionBatch batch, ReadOnlySpan<RowBlock> blocks, int threads, int stride)
    {
        _count = 0;
        _merges = 0;
        if (threads == 1 || blocks.Length * batch.Layout.KvHeads >= 4 * threads)
            return false;
        long floats = 0;
        foreach (ref readonly var block in blocks)
        {
            for (var head = 0; head < batch.Layout.KvHeads; head++, _merges++)
            {
                var (first, end) = Splits(batch, block, head);
                for (var split = first; split < end; split++)
                {
                    if (_count == _items.Length)
                        Array.Resize(ref _items, 2 * _count);
                    _items[_count++] = new SplitItem(block, head, split, (int)(end - first), floats);
                    floats += (long)block.Count * (batch.QueryHeads / batch.Layout.KvHeads) * (stride + 2);
                }
            }
        }

        if (_count <= _merges)
            return false;
        if (_partials.Length < (nuint)floats * sizeof(float))
        {
            _partials.Dispose();
            _partials = new NativeBuffer(2 * (nuint)floats * sizeof(float));
        }

        return true;
    }

    /// <summary>Computes what <see cref="TryPlan"/> planned.</summary>
    public void Run(in AttentionBatch batch, WorkerPool workers, CpuKernels kernels, AttentionScratch[] scratch)
    {
        var job = new SplitJob(kernels, batch, _items, (float*)_partials.Pointer, scratch);
        workers.Run(ref job, _count);
        for (var i = 0; i < _count; i += _items[i].Splits)
        {
            ref readonly var item = ref _items[i];
            kernels.MergeSplits(
                batch, item.Block, item.Head, (float*)_partials.Pointer + item.Offset, item.Splits, scratch[0]);
        }
    }

    public void Dispose() => _partials.Dispose();

    /// <summary>Splits that the block's views have rows of a KV head in; one when there is none, so that its rows get their zeros.</summary>
    private static (long First, long End) Splits(in AttentionBatch batch, in RowBlock block, int head)
    {
        var first = long.MaxValue;
        long end = 0;
        for (var i = 0; i < block.Count; i++)
        {
            ref readonly var view = ref KvView.OfHead(batch.Views[batch.Rows[block.Rows[i]].View], head);
            if (view.SegmentCount == 0)
                continue;
            ref readonly var last = ref view.Segments[view.SegmentCount - 1];
            first = Math.Min(first, view.Segments[0].FirstRow / SplitRows);
            end = Math.Max(end, (last.FirstRow + last.Count + SplitRows - 1) / SplitRows);
        }

        return end == 0 ? (0, 1) : (first, Math.Max(first + 1, end));
    }

    /// <param name="Block">Query rows.</param>
    /// <param name="Head">KV head.</param>
    /// <param name="Split">Absolute number of the split.</param>
    /// <param name="Splits">Splits of the same rows and head; they follow each other.</param>
    /// <param name="Offset">Where the partial result goes, in elements.</param>
    private readonly record struct SplitItem(RowBlock Block, int Head, long Split, int Splits, long Offset);

    private readonly struct SplitJob(CpuKernels kernels, AttentionBatch batch, SplitItem[] items, float* partials, AttentionScratch[] scratch) : IParallelJob
    {
        public void Execute(int worker, int start, int end)
        {
            for (var i = start; i < end; i++)
            {
                ref readonly var item = ref items[i];
                kernels.AttendSplit(
                    batch, item.Block, item.Head, item.Split, scratch[worker], partials + item.Offset);
            }
        }
    }
}

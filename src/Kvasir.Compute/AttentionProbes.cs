using System.Runtime.InteropServices;
using Kvasir.Numerics;
using Kvasir.Numerics.Attention;
using Kvasir.Numerics.Kernels;
using Kvasir.Numerics.Workers;

namespace Kvasir.Compute;

/// <summary>
/// Spreads a probe over threads by KV heads: each has sums of its own, which are added in the heads' order, so that the bits are those of
/// one thread.
/// </summary>
internal sealed unsafe class AttentionProbes : IDisposable
{
    private NativeBuffer _sums = new(0);

    /// <summary>Runs a probe.</summary>
    public void Run(in AttentionBatch batch, in AttentionProbe probe, WorkerPool workers, CpuKernels kernels, AttentionScratch[] scratch)
    {
        var columns = probe.HasColumns ? (probe.EndColumnTile - probe.FirstColumnTile) * AttentionScratch.TileRows : 0;
        var ranges = probe.HasRanges ? (long)probe.RowCount * probe.RangeCount : 0;
        var stride = (columns + ranges + 15) & ~15L;
        var bytes = (nuint)(batch.Layout.KvHeads * stride * sizeof(float));
        if (_sums.Length < bytes)
        {
            _sums.Dispose();
            _sums = new NativeBuffer(2 * bytes);
        }

        var sums = (float*)_sums.Pointer;
        var job = new ProbeJob(kernels, batch, probe, sums, columns, stride, scratch);
        var queryHeads = probe.CountHeads(batch.QueryHeads);
        if (probe.HasWeights)
            NativeMemory.Clear(probe.Weights, (nuint)probe.RowCount * (nuint)queryHeads * (nuint)probe.ColumnCount * sizeof(float));
        if (probe.HasLooks)
            NativeMemory.Clear(probe.Looked, (nuint)batch.Layout.KvHeads * (nuint)probe.LookWords * sizeof(ulong));
        workers.Run(ref job, batch.Layout.KvHeads);
        var first = probe.FirstColumn - (probe.FirstColumnTile * AttentionScratch.TileRows);
        if (probe.HasColumns)
            kernels.AverageHeads(sums + first, stride, batch.Layout.KvHeads, queryHeads, probe.ColumnCount, probe.ColumnMass, accumulate: true);

        if (probe.HasRanges)
            kernels.AverageHeads(sums + columns, stride, batch.Layout.KvHeads, queryHeads, ranges, probe.RangeMass, accumulate: false);
    }

    public void Dispose() => _sums.Dispose();

    private readonly struct ProbeJob(
        CpuKernels kernels, AttentionBatch batch, AttentionProbe probe, float* sums, long columns, long stride, AttentionScratch[] scratch) : IParallelJob
    {
        public void Execute(int worker, int start, int end)
        {
            var rows = stackalloc int[AttentionBlocks.MaxRows];
            for (var head = start; head < end; head++)
            {
                var own = sums + (head * stride);
                NativeMemory.Clear(own, (nuint)stride * sizeof(float));
                for (var first = 0; first < probe.RowCount; first += AttentionBlocks.MaxRows)
                {
                    var count = Math.Min(AttentionBlocks.MaxRows, probe.RowCount - first);
                    for (var i = 0; i < count; i++)
                        rows[i] = probe.FirstRow + first + i;
                    var block = new RowBlock(rows, count, RowBlock.OneView);
                    kernels.Observe(batch, probe, block, head, scratch[worker], own, own + columns);
                }
            }
        }
    }
}

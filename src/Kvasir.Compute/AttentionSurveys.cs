using System.Runtime.InteropServices;
using Kvasir.Numerics;
using Kvasir.Numerics.Attention;
using Kvasir.Numerics.Kernels;
using Kvasir.Numerics.Workers;

namespace Kvasir.Compute;

/// <summary>
/// Spreads a survey over threads by KV heads and blocks of rows: each has sums of its own, which are added in their order, so that the bits
/// are those of one thread.
/// </summary>
internal sealed unsafe class AttentionSurveys : IDisposable
{
    private NativeBuffer _memory = new(0);

    /// <summary>Runs a survey.</summary>
    public void Run(in AttentionBatch batch, in AttentionSurvey survey, WorkerPool workers, CpuKernels kernels, AttentionScratch[] scratch)
    {
        var stride = (survey.Length + AttentionScratch.TileRows - 1) & -AttentionScratch.TileRows;
        var blocks = (batch.RowCount + AttentionBlocks.MaxRows - 1) / AttentionBlocks.MaxRows;
        var heads = batch.Layout.KvHeads;
        long sums = (2 * stride) + 16;
        long scores = AttentionBlocks.MaxRows * (batch.QueryHeads / heads) * stride;
        var bytes = (nuint)(((heads * blocks * sums) + (workers.Threads * scores)) * sizeof(float));
        if (_memory.Length < bytes)
        {
            _memory.Dispose();
            _memory = new NativeBuffer(2 * bytes);
        }

        var all = (float*)_memory.Pointer;
        var job = new SurveyJob(kernels, batch, survey.Length, stride, blocks, all, sums, all + (heads * blocks * sums), scores, scratch);
        workers.Run(ref job, heads * blocks);
        for (var head = 0; head < heads; head++)
        {
            var columns = survey.Columns + ((long)head * survey.Length);
            var diagonals = survey.Diagonals + ((long)head * survey.Length);
            NativeMemory.Clear(columns, (nuint)survey.Length * sizeof(float));
            NativeMemory.Clear(diagonals, (nuint)survey.Length * sizeof(float));
            for (var block = 0; block < blocks; block++)
            {
                var own = all + (((head * blocks) + block) * sums);
                kernels.Add(columns, own, survey.Length);
                kernels.Add(diagonals, own + stride, survey.Length);
            }
        }
    }

    public void Dispose() => _memory.Dispose();

    private readonly struct SurveyJob(
        CpuKernels kernels, AttentionBatch batch, int length, int stride, int blocks, float* sums, long sumStride, float* scores, long scoreStride, AttentionScratch[] scratch) : IParallelJob
    {
        public void Execute(int worker, int start, int end)
        {
            var rows = stackalloc int[AttentionBlocks.MaxRows];
            for (var item = start; item < end; item++)
            {
                var first = item % blocks * AttentionBlocks.MaxRows;
                var count = Math.Min(AttentionBlocks.MaxRows, batch.RowCount - first);
                for (var i = 0; i < count; i++)
                    rows[i] = first + i;
                var own = sums + (item * sumStride);
                NativeMemory.Clear(own, (nuint)sumStride * sizeof(float));
                var block = new RowBlock(rows, count, RowBlock.OneView);
                kernels.Survey(batch, block, item / blocks, scratch[worker], length, scores + (worker * scoreStride), stride, own, own + stride);
            }
        }
    }
}

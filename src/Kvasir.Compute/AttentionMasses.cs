using System.Runtime.InteropServices;
using Kvasir.Numerics;
using Kvasir.Numerics.Attention;
using Kvasir.Numerics.Kernels;
using Kvasir.Numerics.Workers;

namespace Kvasir.Compute;

/// <summary>
/// Spreads attention whose mass is added up (<see cref="AttentionMass"/>) over threads by blocks and KV heads. Each has sums of its own, which are
/// added in their order, so that the bits are those of one thread.
/// </summary>
internal sealed unsafe class AttentionMasses : IDisposable
{
    /// <summary>Most floats of sums at a time, a thread: 4 MiB.</summary>
    private const long MostSums = 1L << 20;

    private NativeBuffer _memory = new(0);
    private long[] _offsets = new long[64];

    /// <summary>Computes a call.</summary>
    /// <param name="batch">The call.</param>
    /// <param name="blocks">Its blocks, of which none has rows of two groups.</param>
    /// <param name="count">Number of blocks.</param>
    /// <param name="workers">Threads.</param>
    /// <param name="kernels">Kernels.</param>
    /// <param name="scratch">Memory of the threads.</param>
    public void Run(in AttentionBatch batch, RowBlock[] blocks, int count, WorkerPool workers, CpuKernels kernels, AttentionScratch[] scratch)
    {
        if (_offsets.Length < count)
            _offsets = new long[2 * count];
        for (var first = 0; first < count;)
            first = RunSome(batch, blocks, first, count, workers, kernels, scratch);
    }

    /// <summary>Computes blocks from a first one on, as many as there is memory for sums of; returns the first that is left.</summary>
    private int RunSome(in AttentionBatch batch, RowBlock[] blocks, int first, int count, WorkerPool workers, CpuKernels kernels, AttentionScratch[] scratch)
    {
        var heads = batch.Layout.KvHeads;
        long sums = 0;
        long kept = 0;
        var end = first;
        for (; end < count; end++)
        {
            _offsets[end] = -1;
            var mass = Of(batch, blocks[end].Rows[0]);
            if (mass == null)
                continue;
            if (sums > 0 && sums + (heads * Columns(*mass)) > workers.Threads * MostSums)
                break;
            _offsets[end] = sums;
            sums += heads * Columns(*mass);
            kept = Math.Max(kept, KeptTiles.Floats(Columns(*mass) / AttentionScratch.TileRows, mass->GroupRows * (batch.QueryHeads / heads)));
        }

        var bytes = (nuint)(sums + (workers.Threads * kept)) * sizeof(float);
        if (_memory.Length < bytes)
        {
            _memory.Dispose();
            _memory = new NativeBuffer(bytes + (bytes / 4));
        }

        var memory = (float*)_memory.Pointer;
        var items = (end - first) * heads;
        var parts = Math.Min(4 * workers.Threads, items);
        var job = new BlockJob(kernels, batch, blocks, first, _offsets, items, parts, scratch, memory, memory + sums, kept);
        workers.Run(ref job, parts);
        var addition = new AddJob(kernels, batch, blocks, first, end, _offsets, memory);
        workers.Run(ref addition, heads);
        return end;
    }

    public void Dispose() => _memory.Dispose();

    /// <summary>Checks that masses are what they have to be.</summary>
    public static void Check(in AttentionBatch batch)
    {
        for (var i = 0; i < batch.MassCount; i++)
        {
            var (first, end) = (batch.Masses[i].FirstRow, batch.Masses[i].FirstRow + batch.Masses[i].RowCount);
            if (batch.LogSumExp == null)
                throw new ArgumentException("mass needs the log-sum-exp of its call", nameof(batch));
            if (first < 0 || end <= first || end > batch.RowCount || (first > 0 && batch.Rows[first - 1].View == batch.Rows[first].View) || (end < batch.RowCount && batch.Rows[end].View == batch.Rows[first].View))
                throw new ArgumentException($"rows {first} to {end} are not all rows of one view", nameof(batch));
            for (var row = first + 1; row < end; row++)
            {
                if (batch.Rows[row].View != batch.Rows[first].View || batch.Rows[row].Position != batch.Rows[row - 1].Position + 1)
                    throw new ArgumentException($"row {row} does not follow the one before it: mass is of neighbouring positions of one view", nameof(batch));
            }
        }
    }

    /// <summary>The mass that a query row belongs to.</summary>
    public static AttentionMass* Of(in AttentionBatch batch, int row)
    {
        for (var i = 0; i < batch.MassCount; i++)
        {
            if (row >= batch.Masses[i].FirstRow && row < batch.Masses[i].FirstRow + batch.Masses[i].RowCount)
                return batch.Masses + i;
        }

        return null;
    }

    private static long Columns(in AttentionMass mass) => (mass.ColumnCount + AttentionScratch.TileRows - 1) & -AttentionScratch.TileRows;

    private readonly struct BlockJob(
        CpuKernels kernels, AttentionBatch batch, RowBlock[] blocks, int first, long[] offsets, int items, int parts, AttentionScratch[] scratch, float* sums, float* kept, long keptFloats) : IParallelJob
    {
        public void Execute(int worker, int start, int end)
        {
            var heads = batch.Layout.KvHeads;
            for (var part = start; part < end; part++)
            {
                for (var item = part; item < items; item += parts)
                {
                    var (index, head) = (first + (item / heads), item % heads);
                    ref readonly var block = ref blocks[index];
                    if (offsets[index] < 0)
                    {
                        kernels.Attend(batch, block, head, scratch[worker], 0);
                        continue;
                    }

                    ref readonly var mass = ref *Of(batch, block.Rows[0]);
                    var columns = Columns(mass);
                    var own = sums + offsets[index] + (head * columns);
                    NativeMemory.Clear(own, (nuint)columns * sizeof(float));
                    if (batch.Rows[block.Rows[0]].Position % mass.GroupRows != 0)
                        new Span<float>(mass.Open + ((long)head * mass.ColumnCount), mass.ColumnCount).CopyTo(new Span<float>(own, mass.ColumnCount));
                    var tiles = KeptTiles.In(kept + (worker * keptFloats), columns / AttentionScratch.TileRows, block.Count * (batch.QueryHeads / heads));
                    kernels.AttendWithMass(batch, block, head, scratch[worker], tiles, own);
                }
            }
        }
    }

    private readonly struct AddJob(CpuKernels kernels, AttentionBatch batch, RowBlock[] blocks, int firstBlock, int endBlock, long[] offsets, float* sums) : IParallelJob
    {
        public void Execute(int worker, int start, int end)
        {
            for (var head = start; head < end; head++)
            {
                for (var i = firstBlock; i < endBlock; i++)
                {
                    if (offsets[i] < 0)
                        continue;
                    ref readonly var mass = ref *Of(batch, blocks[i].Rows[0]);
                    var own = sums + offsets[i] + (head * Columns(mass));
                    var open = mass.Open + ((long)head * mass.ColumnCount);
                    if ((batch.Rows[blocks[i].Rows[blocks[i].Count - 1]].Position + 1) % mass.GroupRows != 0)
                    {
                        new Span<float>(own, mass.ColumnCount).CopyTo(new Span<float>(open, mass.ColumnCount));
                        continue;
                    }

                    kernels.Add(mass.Sums + ((long)head * mass.ColumnCount), own, mass.ColumnCount);
                    new Span<float>(open, mass.ColumnCount).Clear();
                }
            }
        }
    }
}

using Kvasir.Numerics;
using Kvasir.Numerics.Attention;
using Kvasir.Numerics.Kernels;
using Kvasir.Numerics.Workers;

namespace Kvasir.Compute;

/// <summary>The operations on this machine's processors.</summary>
public sealed unsafe class CpuBackend : IComputeBackend
{
    /// <summary>Below this many multiplications a job is not worth waking other threads.</summary>
    private const long SmallJob = 1 << 15;

    private readonly WorkerPool _workers;
    private readonly CpuKernels _kernels;
    private readonly ActivationBlocks _activations;
    private readonly AttentionScratch?[] _scratch;
    private readonly AttentionSplits _splits = new();
    private readonly KernelFault _fault;
    private readonly AttentionBlocks _blocks = new();
    private readonly AttentionProbes _probes = new();
    private readonly AttentionMasses _masses = new();
    private readonly AttentionSurveys _surveys = new();
    private NativeBuffer _faultRow = new(0);

    /// <summary>Starts the workers.</summary>
    /// <exception cref="NotSupportedException">The forced path does not exist on this machine.</exception>
    public CpuBackend(CpuBackendOptions options)
    {
        InstructionSet = options.InstructionSet ?? InstructionSets.Best;
        if (!InstructionSets.Supported.Contains(InstructionSet))
            throw new NotSupportedException($"this machine has no {InstructionSet}; it has {string.Join(", ", InstructionSets.Supported)}");
        _kernels = CpuKernels.Create(InstructionSet);
        _activations = _kernels.CreateActivations();
        _workers = new WorkerPool(options.Threads);
        _scratch = new AttentionScratch?[options.Threads];
        _fault = options.Fault;
    }

    /// <summary>The path of the kernels in use.</summary>
    public InstructionSet InstructionSet { get; }

    /// <summary>Threads in use.</summary>
    public int Threads => _workers.Threads;

    /// <inheritdoc/>
    public string Name => "cpu";

    /// <inheritdoc/>
    public string ContractVersion => "kvasir-cpu/1";

    /// <inheritdoc/>
    public NativeBuffer Allocate(nuint bytes) => new(bytes);

    /// <inheritdoc/>
    public PackedMatrix Pack(ReadOnlySpan<MatrixSource> sources) => PackedMatrix.Pack(sources);

    /// <inheritdoc/>
    public void MatMul(float* x, int rows, PackedMatrix weights, float* y)
    {
        if (rows == 0)
            return;
        var quantised = false;
        foreach (var part in weights.Parts)
            quantised |= part.Type.IsQuantized;
        if (quantised)
        {
            _activations.Resize(rows, weights.K / 32);
            var quantise = new QuantizeJob(_activations, x, weights.K);
            Run(ref quantise, rows, (long)rows * weights.K);
        }

        foreach (var part in weights.Parts)
        {
            var call = new MatMulCall
            {
                Part = part,
                X = x,
                Blocks = _activations,
                Rows = rows,
                Y = y,
                Stride = weights.N,
                EndK = weights.K,
            };
            if (_fault == KernelFault.SplitK && rows == 1 && weights.K >= 64)
                MatMulInHalves(call);
            else
                MatMulPart(call);
        }
    }

    /// <inheritdoc/>
    public void Embed(in MatrixSource table, ReadOnlySpan<int> tokens, float* y)
    {
        var rowBytes = table.RowBytes;
        for (var i = 0; i < tokens.Length; i++)
        {
            if ((uint)tokens[i] >= (uint)table.Rows)
                throw new ArgumentOutOfRangeException(nameof(tokens), tokens[i], $"the embedding table has {table.Rows} rows");
            var row = table.RowOrder is { } order ? order[tokens[i]] : tokens[i];
            BlockCodec.DecodeRow(
                table.Type,
                new ReadOnlySpan<byte>((byte*)table.Data + (row * rowBytes), (int)rowBytes),
                new Span<float>(y + ((long)i * table.Columns), table.Columns));
        }
    }

    /// <inheritdoc/>
    public void RmsNorm(float* x, int rows, int width, float* weight, float epsilon, float* y)
    {
        var job = new NormJob(_kernels, x, width, weight, epsilon, y);
        Run(ref job, rows, (long)rows * width);
    }

    /// <inheritdoc/>
    public void Norm(in NormCall call)
    {
        var job = new PartNormJob(_kernels, call);
        Run(ref job, call.Rows, (long)call.Rows * call.Parts * call.Width);
    }

    /// <inheritdoc/>
    public void Scale(float* x, long count, float factor) => _kernels.Scale(x, count, factor);

    /// <inheritdoc/>
    public void SoftCap(float* x, long count, float cap) => _kernels.SoftCap(x, count, cap);

    /// <inheritdoc/>
    public void AddScaled(float* x, long count, float factor, float* y) => _kernels.AddScaled(x, count, factor, y);

    /// <inheritdoc/>
    public void Activate(Activation activation, bool gated, float* x, int rows, int width, float* y)
    {
        var job = new ActivateJob(_kernels, activation, gated, x, width, y);
        Run(ref job, rows, 8L * rows * width);
    }

    /// <inheritdoc/>
    public void Mix(in MixerCall call)
    {
        Convolve(call);
        Scan(call);
    }

    /// <inheritdoc/>
    public void Convolve(in MixerCall call)
    {
        var convolve = new ConvolveJob(_kernels, call);
        Run(ref convolve, call.Rows, 8L * call.Rows * call.ConvolutionWidth);
    }

    /// <inheritdoc/>
    public void Scan(in MixerCall call)
    {
        if (call.Heads % call.Groups != 0)
            throw new ArgumentException($"{call.Heads} heads do not divide among {call.Groups} groups", nameof(call));
        var scan = new ScanJob(_kernels, call);
        Run(ref scan, call.Heads, 2L * call.Rows * call.Heads * call.HeadStateSize);
        _kernels.Remember(call);
    }

    /// <inheritdoc/>
    public void CopyColumns(float* x, int xStride, int rows, int width, float* y, int yStride)
    {
        for (var row = 0; row < rows; row++)
            new ReadOnlySpan<float>(x + ((long)row * xStride), width).CopyTo(new Span<float>(y + ((long)row * yStride), width));
    }

    /// <inheritdoc/>
    public void Add(float* x, float* y, long count) => _kernels.Add(x, y, count);

    /// <inheritdoc/>
    public void AddBias(float* x, int rows, int width, float* bias)
    {
        for (var row = 0; row < rows; row++)
            _kernels.Add(x + ((long)row * width), bias, width);
    }

    /// <inheritdoc/>
    public void SiluGate(float* gateUp, int rows, int width, float* y)
    {
        var job = new SiluJob(_kernels, gateUp, width, y);
        Run(ref job, rows, 8L * rows * width);
    }

    /// <inheritdoc/>
    public void Rope(float* x, int rows, int stride, int heads, int headDim, RopeTable table, ReadOnlySpan<int> positions)
    {
        if (2 * table.Half > headDim)
            throw new ArgumentException($"a rope table of {table.Half} pairs does not fit heads of {headDim} dimensions", nameof(table));
        var shift = _fault == KernelFault.RopeOffByOne && positions.Length > 1 && positions[0] != 0 ? 1 : 0;
        Span<int> shifted = shift == 0 ? [] : new int[positions.Length];
        for (var i = 0; i < shifted.Length; i++)
            shifted[i] = Math.Min(positions[i] + shift, table.Positions - 1);
        fixed (int* at = shift == 0 ? positions : shifted)
        {
            var job = new RopeJob(_kernels, x, stride, heads, headDim, table, at);
            Run(ref job, rows, (long)rows * heads * headDim);
        }
    }

    /// <inheritdoc/>
    public void WriteKv(float* keys, float* values, int stride, ReadOnlySpan<KvWriteRow> rows, KvLayout layout)
    {
        fixed (KvWriteRow* at = rows)
        {
            var job = new WriteKvJob(keys, values, stride, at, layout);
            Run(ref job, rows.Length, 8L * rows.Length * layout.KvHeads * layout.HeadDim);
        }
    }

    /// <inheritdoc/>
    public void Attend(in AttentionBatch batch)
    {
        if (batch.QueryHeads % batch.Layout.KvHeads != 0)
            throw new ArgumentException($"{batch.QueryHeads} query heads are no multiple of {batch.Layout.KvHeads} KV heads", nameof(batch));
        AttentionMasses.Check(batch);
        var blocks = _blocks.Cut(batch, Threads);
        var items = blocks * batch.Layout.KvHeads;
        if (items == 0)
            return;
        if (_fault == KernelFault.StaleTail)
            ShiftTail(batch, 1);
        for (var worker = 0; worker < _workers.Threads; worker++)
            PrepareScratch(worker, batch);
        if (batch.MassCount > 0)
            _masses.Run(batch, _blocks.Blocks, blocks, _workers, _kernels, _scratch!);
        else if (_fault != KernelFault.TileByBatch && _splits.TryPlan(batch, _blocks.Blocks.AsSpan(0, blocks), Threads, _scratch[0]!.Stride))
        {
            _splits.Run(batch, _workers, _kernels, _scratch!);
        }
        else
        {
            var parts = Math.Min(4 * _workers.Threads, items);
            var job = new AttentionJob(
                _kernels, batch, _blocks.Blocks, items, parts, _scratch!, _fault == KernelFault.TileByBatch ? batch.RowCount % 64 : 0);
            _workers.Run(ref job, parts);
        }

        if (_fault == KernelFault.StaleTail)
            ShiftTail(batch, -1);
    }

    /// <inheritdoc/>
    public void ObserveAttention(in AttentionBatch batch, in AttentionProbe probe)
    {
        if (batch.LogSumExp == null)
            throw new ArgumentException("a probe needs the log-sum-exp of the attention call before it", nameof(batch));
        if (probe.FirstRow < 0 || probe.RowCount < 0 || probe.FirstRow > batch.RowCount - probe.RowCount)
            throw new ArgumentException($"rows {probe.FirstRow} to {probe.FirstRow + probe.RowCount} are not among the call's {batch.RowCount}", nameof(probe));
        CheckOneView(batch, probe.FirstRow, probe.RowCount);
        if (probe.Looked != null && (probe.FirstColumn % 64 != 0 || !(probe.LookThreshold > 0)))
            throw new ArgumentException($"bits of columns from {probe.FirstColumn} on, threshold {probe.LookThreshold}: the first column must be a multiple of 64, the threshold above 0", nameof(probe));
        for (var i = 0; i < probe.HeadCount; i++)
        {
            if ((uint)probe.Heads[i] >= (uint)batch.QueryHeads)
                throw new ArgumentException($"query head {probe.Heads[i]} is not among {batch.QueryHeads}", nameof(probe));
        }

        if (probe.RowCount == 0 || !(probe.HasColumns || probe.HasRanges || probe.HasWeights || probe.HasLooks))
            return;
        for (var worker = 0; worker < _workers.Threads; worker++)
            PrepareScratch(worker, batch);
        _probes.Run(batch, probe, _workers, _kernels, _scratch!);
    }

    /// <inheritdoc/>
    public void SurveyAttention(in AttentionBatch batch, in AttentionSurvey survey)
    {
        CheckOneView(batch, 0, batch.RowCount);
        for (var row = 0; row < batch.RowCount; row++)
        {
            if (batch.Rows[row].Position >= survey.Length)
                throw new ArgumentException($"row {row} is at position {batch.Rows[row].Position}, behind the survey's {survey.Length}", nameof(survey));
        }

        for (var worker = 0; worker < _workers.Threads; worker++)
            PrepareScratch(worker, batch);
        _surveys.Run(batch, survey, _workers, _kernels, _scratch!);
    }

    /// <inheritdoc/>
    public void Spread<TJob>(ref TJob job, int items)
        where TJob : struct, IParallelJob => _workers.Run(ref job, items);

    /// <inheritdoc/>
    public void CopyKvRows(byte* fromSlice, int fromSlot, byte* toSlice, int toSlot, int count, KvLayout layout) =>
        KvRows.Copy(layout, fromSlice, fromSlot, toSlice, toSlot, count);

    /// <inheritdoc/>
    public void GatherRows(float* x, ReadOnlySpan<int> rows, int width, float* y)
    {
        for (var i = 0; i < rows.Length; i++)
            new ReadOnlySpan<float>(x + ((long)rows[i] * width), width).CopyTo(new Span<float>(y + ((long)i * width), width));
    }

    /// <inheritdoc/>
    public void ScatterRows(float* x, ReadOnlySpan<int> rows, int width, float* y)
    {
        for (var i = 0; i < rows.Length; i++)
            new ReadOnlySpan<float>(x + ((long)i * width), width).CopyTo(new Span<float>(y + ((long)rows[i] * width), width));
    }

    /// <inheritdoc/>
    public void AddToRows(float* x, ReadOnlySpan<int> rows, int width, float* y, int stride)
    {
        for (var i = 0; i < rows.Length; i++)
            _kernels.Add(y + ((long)rows[i] * stride), x + ((long)i * width), width);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _workers.Dispose();
        _activations.Dispose();
        _faultRow.Dispose();
        _splits.Dispose();
        _blocks.Dispose();
        _probes.Dispose();
        _masses.Dispose();
        _surveys.Dispose();
        foreach (var scratch in _scratch)
            scratch?.Dispose();
    }

    private void Run<TJob>(ref TJob job, int items, long work)
        where TJob : struct, IParallelJob
    {
        if (work < SmallJob)
            job.Execute(0, 0, items);
        else
            _workers.Run(ref job, items);
    }

    private void MatMulPart(MatMulCall call)
    {
        _kernels.Plan(ref call);
        var job = new MatMulJob(_kernels, call);
        Run(ref job, call.Chunks * call.Part.Panels, (long)call.Rows * call.Part.Columns * call.Part.Depth);
    }

    private void MatMulInHalves(MatMulCall call)
    {
        var middle = call.EndK / 64 * 32;
        MatMulPart(call with { EndK = middle });
        if (_faultRow.Length < (nuint)call.Stride * sizeof(float))
        {
            _faultRow.Dispose();
            _faultRow = new NativeBuffer((nuint)call.Stride * sizeof(float));
        }

        var half = (float*)_faultRow.Pointer;
        MatMulPart(call with { FirstK = middle, Y = half });
        _kernels.Add(call.Y + call.Part.FirstColumn, half + call.Part.FirstColumn, call.Part.Columns);
    }

    private static void CheckOneView(in AttentionBatch batch, int first, int count)
    {
        for (var row = first; row < first + count; row++)
        {
            if (batch.Rows[row].View != batch.Rows[first].View)
                throw new ArgumentException($"rows {first} and {row} are of two views: a probe takes rows of one", nameof(batch));
        }
    }

    private void PrepareScratch(int worker, in AttentionBatch batch)
    {
        var queries = AttentionBlocks.MaxRows * (batch.QueryHeads / batch.Layout.KvHeads);
        if (_scratch[worker] is { } ready && ready.HeadDim == batch.Layout.HeadDim && ready.Queries >= queries)
            return;
        _scratch[worker]?.Dispose();
        _scratch[worker] = new AttentionScratch(batch.Layout.HeadDim, queries, AttentionBlocks.MaxRows);
    }

    /// <summary>The planted fault: lets a lone row see one row behind the last segment's end.</summary>
    private static void ShiftTail(in AttentionBatch batch, int rows)
    {
        for (var view = 0; batch.RowCount == 1 && view < batch.ViewCount; view++)
        {
            if (batch.Views[view].SegmentCount == 0)
                continue;
            ref var last = ref batch.Views[view].Segments[batch.Views[view].SegmentCount - 1];
            if (last.Positions == null && (last.Count - (rows < 0 ? 1 : 0)) % batch.Layout.BlockRows != 0)
            {
                last.Count += rows;
                last.BasePosition -= rows;
            }
        }
    }
}

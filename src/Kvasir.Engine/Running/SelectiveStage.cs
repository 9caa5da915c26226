using Kvasir.Engine.Loading;
using Kvasir.Models;
using Kvasir.Numerics;
using Kvasir.Numerics.Kernels;

namespace Kvasir.Engine.Running;

/// <summary>
/// A Mamba mixer (Gu and Dao 2023) over a step's rows. Steps, input and output vectors are made of the convolved values, so that products over
/// all rows lie between each sequence's convolution and its scan.
/// </summary>
internal sealed unsafe class SelectiveStage : IMixerStage
{
    private readonly LoadedModel _model;
    private readonly RunnerBuffers _buffers;
    private readonly ActiveRows _active;
    private readonly RecurrentConfig _config;
    private readonly NativeBuffer _projected;
    private readonly NativeBuffer _convolved;
    private readonly NativeBuffer _vectors;
    private readonly NativeBuffer _ranks;
    private readonly NativeBuffer _steps;
    private readonly NativeBuffer _scanned;
    private readonly NativeBuffer _gated;

    public SelectiveStage(LoadedModel model, RunnerBuffers buffers, ActiveRows active)
    {
        _model = model;
        _buffers = buffers;
        _active = active;
        _config = model.Config.Recurrent!;
        _projected = Floats(_config.InputWidth);
        _convolved = Floats(_config.Width);
        _vectors = Floats(_config.VectorWidth);
        _ranks = Floats(_config.StepRank);
        _steps = Floats(_config.Width);
        _scanned = Floats(_config.Width);
        _gated = Floats(2 * _config.Width);

        NativeBuffer Floats(int width) => model.Backend.Allocate((nuint)buffers.MaxRows * (nuint)width * sizeof(float));
    }

    /// <inheritdoc/>
    public IActivationObserver? Observer { get; set; }

    /// <inheritdoc/>
    public void Run(StepBatch batch, int layer, float* input)
    {
        var backend = _model.Backend;
        var weights = _model.Weights.Layers[layer].Mixer!;
        var (rows, width) = (_active.Count, _config.Width);
        var projected = (float*)_projected.Pointer;
        var scanned = (float*)_scanned.Pointer;
        var gated = (float*)_gated.Pointer;
        Observer?.BeforeMatMul([WeightRole.MixerInput], layer, input, rows, _model.Config.HiddenSize);
        backend.MatMul(input, rows, weights.Input, projected);
        if (weights.InputBias is { } bias)
            backend.AddBias(projected, rows, _config.InputWidth, (float*)bias.Pointer);
        var sequences = batch.Sequences;
        for (var i = 0; i < sequences.Length; i++)
        {
            if (_active.Part(i).Count > 0)
                backend.Convolve(Call(sequences[i], layer, weights, _active.Part(i)));
        }

        Select(layer, weights, rows);
        for (var i = 0; i < sequences.Length; i++)
        {
            if (_active.Part(i).Count > 0)
                backend.Scan(Call(sequences[i], layer, weights, _active.Part(i)));
        }

        // The gate stands second in a row of projections.
        backend.CopyColumns(projected + width, _config.InputWidth, rows, width, gated, 2 * width);
        backend.CopyColumns(scanned, width, rows, width, gated + width, 2 * width);
        backend.SiluGate(gated, rows, width, scanned);
        Observer?.BeforeMatMul([WeightRole.MixerOutput], layer, scanned, rows, width);
        backend.MatMul(scanned, rows, weights.Output, _buffers.Projected);
        if (weights.OutputBias is { } outputBias)
            backend.AddBias(_buffers.Projected, rows, _model.Config.HiddenSize, (float*)outputBias.Pointer);
    }

    public void Dispose()
    {
        _projected.Dispose();
        _convolved.Dispose();
        _vectors.Dispose();
        _ranks.Dispose();
        _steps.Dispose();
        _scanned.Dispose();
        _gated.Dispose();
    }

    /// <summary>Steps, input and output vectors of the convolved values.</summary>
    private void Select(int layer, MixerWeights weights, int rows)
    {
        var backend = _model.Backend;
        var vectors = (float*)_vectors.Pointer;
        var (rank, state) = (_config.StepRank, _config.StateSize);
        Observer?.BeforeMatMul([WeightRole.MixerVectors], layer, (float*)_convolved.Pointer, rows, _config.Width);
        backend.MatMul((float*)_convolved.Pointer, rows, weights.Vectors!, vectors);
        if (weights.StepNorm is { } stepNorm)
            Norm(stepNorm, vectors, rank, (float*)_ranks.Pointer, rank);
        else
            backend.CopyColumns(vectors, _config.VectorWidth, rows, rank, (float*)_ranks.Pointer, rank);
        if (weights.InNorm is { } inNorm)
            Norm(inNorm, vectors + rank, state, vectors + rank, _config.VectorWidth);
        if (weights.OutNorm is { } outNorm)
            Norm(outNorm, vectors + rank + state, state, vectors + rank + state, _config.VectorWidth);
        Observer?.BeforeMatMul([WeightRole.MixerSteps], layer, (float*)_ranks.Pointer, rows, rank);
        backend.MatMul((float*)_ranks.Pointer, rows, weights.Steps!, (float*)_steps.Pointer);

        void Norm(NativeBuffer weight, float* x, int width, float* y, int stride) => backend.Norm(new NormCall
        {
            X = x,
            Rows = rows,
            Stride = _config.VectorWidth,
            Parts = 1,
            Width = width,
            Weight = (float*)weight.Pointer,
            Epsilon = _config.NormEpsilon,
            Kind = NormKind.Rms,
            Y = y,
            YStride = stride,
        });
    }

    private MixerCall Call(in BatchSequence sequence, int layer, MixerWeights weights, (int First, int Count) part)
    {
        var state = sequence.StateBefore(_active.Positions[part.First]);
        var snapshot = state.SnapshotRow > 0 ? state.Snapshot : null;
        return new MixerCall
        {
            Rows = part.Count,
            Input = (float*)_projected.Pointer + ((long)part.First * _config.InputWidth),
            Stride = _config.InputWidth,
            Vectors = (float*)_vectors.Pointer + ((long)part.First * _config.VectorWidth) + _config.StepRank,
            VectorStride = _config.VectorWidth,
            Steps = (float*)_steps.Pointer + ((long)part.First * _config.Width),
            StepStride = _config.Width,
            Heads = _config.Heads,
            HeadDim = _config.HeadDim,
            Groups = _config.Groups,
            StateSize = _config.StateSize,
            Kernel = _config.Kernel,
            Taps = (float*)weights.Kernel.Pointer,
            TapBias = weights.KernelBias is { } bias ? (float*)bias.Pointer : null,
            StepBias = (float*)weights.StepBias.Pointer,
            Decay = (float*)weights.Decay.Pointer,
            Skip = (float*)weights.Skip.Pointer,
            Convolved = (float*)_convolved.Pointer + ((long)part.First * _config.Width),
            Output = (float*)_scanned.Pointer + ((long)part.First * _config.Width),
            History = state.History(layer),
            State = state.State(layer),
            SnapshotRow = snapshot is null ? 0 : state.SnapshotRow,
            SnapshotHistory = snapshot is null ? null : snapshot.History(layer),
            SnapshotState = snapshot is null ? null : snapshot.State(layer),
        };
    }
}

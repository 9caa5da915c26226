using Kvasir.Engine.Loading;
using Kvasir.Models;
using Kvasir.Numerics;
using Kvasir.Numerics.Kernels;

namespace Kvasir.Engine.Running;

/// <summary>A recurrent mixer (Mamba-2) over a step's rows: each sequence's rows follow its state, one after the other.</summary>
internal sealed unsafe class MixerStage : IMixerStage
{
    private readonly LoadedModel _model;
    private readonly RunnerBuffers _buffers;
    private readonly ActiveRows _active;
    private readonly RecurrentConfig _config;
    private readonly NativeBuffer _projected;
    private readonly NativeBuffer _convolved;
    private readonly NativeBuffer _scanned;
    private readonly NativeBuffer _gated;

    public MixerStage(LoadedModel model, RunnerBuffers buffers, ActiveRows active)
    {
        _model = model;
        _buffers = buffers;
        _active = active;
        _config = model.Config.Recurrent!;
        _projected = Floats(_config.InputWidth);
        _convolved = Floats(_config.ConvolutionWidth);
        _scanned = Floats(_config.Width);
        _gated = Floats(2 * _config.Width);

        NativeBuffer Floats(int width) => model.Backend.Allocate((nuint)buffers.MaxRows * (nuint)width * sizeof(float));
    }

    /// <inheritdoc/>
    public IActivationObserver? Observer { get; set; }

    /// <summary>Runs it; the output is left in the buffers.</summary>
    public void Run(StepBatch batch, int layer, float* input)
    {
        var backend = _model.Backend;
        var weights = _model.Weights.Layers[layer].Mixer!;
        var rows = _active.Count;
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
            var (first, count) = _active.Part(i);
            if (count > 0)
                Mix(sequences[i], layer, weights, first, count);
        }

        // The gate stands first in a row of projections; the norm is of the gated values.
        backend.CopyColumns(projected, _config.InputWidth, rows, _config.Width, gated, 2 * _config.Width);
        backend.CopyColumns(scanned, _config.Width, rows, _config.Width, gated + _config.Width, 2 * _config.Width);
        backend.SiluGate(gated, rows, _config.Width, scanned);
        backend.RmsNorm(scanned, rows, _config.Width, (float*)weights.Norm!.Pointer, _config.NormEpsilon, scanned);
        Observer?.BeforeMatMul([WeightRole.MixerOutput], layer, scanned, rows, _config.Width);
        backend.MatMul(scanned, rows, weights.Output, _buffers.Projected);
        if (weights.OutputBias is { } outputBias)
            backend.AddBias(_buffers.Projected, rows, _model.Config.HiddenSize, (float*)outputBias.Pointer);
    }

    public void Dispose()
    {
        _projected.Dispose();
        _convolved.Dispose();
        _scanned.Dispose();
        _gated.Dispose();
    }

    private void Mix(in BatchSequence sequence, int layer, MixerWeights weights, int first, int rows)
    {
        var state = sequence.StateBefore(_active.Positions[first]);
        var input = (float*)_projected.Pointer + ((long)first * _config.InputWidth) + _config.Width;
        var snapshot = state.SnapshotRow > 0 ? state.Snapshot : null;
        _model.Backend.Mix(new MixerCall
        {
            Rows = rows,
            Input = input,
            Stride = _config.InputWidth,
            Steps = input + _config.ConvolutionWidth,
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
            MinStep = _config.MinStep,
            MaxStep = _config.MaxStep,
            Convolved = (float*)_convolved.Pointer + ((long)first * _config.ConvolutionWidth),
            Output = (float*)_scanned.Pointer + ((long)first * _config.Width),
            History = state.History(layer),
            State = state.State(layer),
            SnapshotRow = snapshot is null ? 0 : state.SnapshotRow,
            SnapshotHistory = snapshot is null ? null : snapshot.History(layer),
            SnapshotState = snapshot is null ? null : snapshot.State(layer),
        });
    }
}

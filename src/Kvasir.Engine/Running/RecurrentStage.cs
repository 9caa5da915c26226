using Kvasir.Engine.Loading;
using Kvasir.Models;
using Kvasir.Numerics;
using Kvasir.Numerics.Kernels;

namespace Kvasir.Engine.Running;

/// <summary>
/// A recurrent mixer over a step's rows: each sequence's rows follow its state, one after the other. What the kinds of mixers have in common
/// is here: the projections around them, the gate, and where a sequence's state lies.
/// </summary>
internal abstract unsafe class RecurrentStage : IDisposable
{
    private readonly NativeBuffer _projected;
    private readonly NativeBuffer _convolved;
    private readonly NativeBuffer _scanned;
    private readonly NativeBuffer _gated;

    /// <param name="model">The model.</param>
    /// <param name="buffers">Activations of the step.</param>
    /// <param name="active">Its rows.</param>
    /// <param name="convolvedWidth">Channels that the convolution gives.</param>
    protected RecurrentStage(LoadedModel model, RunnerBuffers buffers, ActiveRows active, int convolvedWidth)
    {
        Model = model;
        Buffers = buffers;
        Active = active;
        Config = model.Config.Recurrent!;
        ConvolvedWidth = convolvedWidth;
        _projected = Floats(Config.InputWidth);
        _convolved = Floats(convolvedWidth);
        _scanned = Floats(Config.Width);
        _gated = Floats(2 * Config.Width);
    }

    /// <summary>Sees the inputs of matrix multiplications (calibration); null in service.</summary>
    public IActivationObserver? Observer { get; set; }

    protected LoadedModel Model { get; }

    protected RunnerBuffers Buffers { get; }

    protected ActiveRows Active { get; }

    protected RecurrentConfig Config { get; }

    /// <summary>The input's projections <c>[active rows, InputWidth]</c>.</summary>
    protected float* Projected => (float*)_projected.Pointer;

    /// <summary>Convolved values <c>[active rows, ConvolvedWidth]</c>.</summary>
    protected float* Convolved => (float*)_convolved.Pointer;

    /// <summary>What the scan gives, then the gated values <c>[active rows, Width]</c>.</summary>
    protected float* Scanned => (float*)_scanned.Pointer;

    /// <summary>Where the gate's columns begin in a row of projections.</summary>
    protected abstract int GateColumn { get; }

    private int ConvolvedWidth { get; }

    /// <summary>Runs it; the output is left in the buffers.</summary>
    /// <param name="batch">The step.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="input">The mixer's input <c>[active rows, hidden]</c>.</param>
    public void Run(StepBatch batch, int layer, float* input)
    {
        var backend = Model.Backend;
        var weights = Model.Weights.Layers[layer].Mixer!;
        var (rows, width) = (Active.Count, Config.Width);
        var gated = (float*)_gated.Pointer;
        Observer?.BeforeMatMul([WeightRole.MixerInput], layer, input, rows, Model.Config.HiddenSize);
        backend.MatMul(input, rows, weights.Input, Projected);
        if (weights.InputBias is { } bias)
            backend.AddBias(Projected, rows, Config.InputWidth, (float*)bias.Pointer);
        Mix(batch, layer, weights);
        backend.CopyColumns(Projected + GateColumn, Config.InputWidth, rows, width, gated, 2 * width);
        backend.CopyColumns(Scanned, width, rows, width, gated + width, 2 * width);
        backend.SiluGate(gated, rows, width, Scanned);
        if (weights.Norm is { } norm)
            backend.RmsNorm(Scanned, rows, width, (float*)norm.Pointer, Config.NormEpsilon, Scanned);
        Observer?.BeforeMatMul([WeightRole.MixerOutput], layer, Scanned, rows, width);
        backend.MatMul(Scanned, rows, weights.Output, Buffers.Projected);
        if (weights.OutputBias is { } outputBias)
            backend.AddBias(Buffers.Projected, rows, Model.Config.HiddenSize, (float*)outputBias.Pointer);
    }

    public virtual void Dispose()
    {
        _projected.Dispose();
        _convolved.Dispose();
        _scanned.Dispose();
        _gated.Dispose();
    }

    /// <summary>Takes each sequence's rows through convolution and scan.</summary>
    protected abstract void Mix(StepBatch batch, int layer, MixerWeights weights);

    protected NativeBuffer Floats(int width) => Model.Backend.Allocate((nuint)Buffers.MaxRows * (nuint)width * sizeof(float));

    /// <summary>A sequence's call, whose input begins at a column of its projections.</summary>
    protected MixerCall Call(in BatchSequence sequence, int layer, MixerWeights weights, (int First, int Count) part, int column)
    {
        var state = sequence.StateBefore(Active.Positions[part.First]);
        var snapshot = state.SnapshotRow > 0 ? state.Snapshot : null;
        return new MixerCall
        {
            Rows = part.Count,
            Input = Projected + ((long)part.First * Config.InputWidth) + column,
            Stride = Config.InputWidth,
            Heads = Config.Heads,
            HeadDim = Config.HeadDim,
            Groups = Config.Groups,
            StateSize = Config.StateSize,
            Kernel = Config.Kernel,
            Taps = (float*)weights.Kernel.Pointer,
            TapBias = weights.KernelBias is { } bias ? (float*)bias.Pointer : null,
            StepBias = (float*)weights.StepBias.Pointer,
            Decay = (float*)weights.Decay.Pointer,
            Skip = (float*)weights.Skip.Pointer,
            Convolved = Convolved + ((long)part.First * ConvolvedWidth),
            Output = Scanned + ((long)part.First * Config.Width),
            History = state.History(layer),
            State = state.State(layer),
            SnapshotRow = snapshot is null ? 0 : state.SnapshotRow,
            SnapshotHistory = snapshot is null ? null : snapshot.History(layer),
            SnapshotState = snapshot is null ? null : snapshot.State(layer),
        };
    }
}

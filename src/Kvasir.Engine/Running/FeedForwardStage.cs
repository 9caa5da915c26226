using Kvasir.Engine.Adapters;
using Kvasir.Engine.Loading;
using Kvasir.Models;
using Kvasir.Numerics.Kernels;

namespace Kvasir.Engine.Running;

/// <summary>The feed-forward block of a step's rows in one layer: one for all, or a mixture of experts.</summary>
internal sealed unsafe class FeedForwardStage : IDisposable
{
    private readonly LoadedModel _model;
    private readonly RunnerBuffers _buffers;
    private readonly ActiveRows _active;
    private readonly AdapterProducts _adapters;
    private readonly ExpertStage? _experts;

    public FeedForwardStage(LoadedModel model, RunnerBuffers buffers, ActiveRows active, AdapterProducts adapters)
    {
        _model = model;
        _buffers = buffers;
        _active = active;
        _adapters = adapters;
        _experts = model.Config.Experts is null ? null : new ExpertStage(model, buffers, this);
    }

    /// <summary>Sees the inputs of matrix multiplications (calibration); null in service.</summary>
    public IActivationObserver? Observer { get; set; }

    /// <summary>Runs it.</summary>
    /// <param name="batch">The step.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="input">The block's input <c>[active rows, hidden]</c>.</param>
    /// <param name="output">Receives its output.</param>
    public void Run(StepBatch batch, int layer, float* input, float* output)
    {
        var weights = _model.Weights.Layers[layer];
        if (weights.Experts is { } experts)
        {
            _experts!.Run(experts, layer, input, _active.Count, output);
            return;
        }

        var config = _model.Config;
        var dense = weights.Dense!;
        var rows = _active.Count;
        Observer?.BeforeMatMul(config.Gated ? [WeightRole.Gate, WeightRole.Up] : [WeightRole.Up], layer, input, rows, config.HiddenSize);
        Enter(dense, input, rows);
        if (_adapters.Any)
            _adapters.Add(batch, layer, FusedMatrix.GateUp, input, _buffers.GateUp, dense.Inner.N);
        Activate(dense, rows);
        Observer?.BeforeMatMul([WeightRole.Down], layer, _buffers.Gated, rows, dense.Width);
        Leave(dense, rows, output);
        if (_adapters.Any)
            _adapters.Add(batch, layer, FusedMatrix.Down, _buffers.Gated, output, config.HiddenSize);
    }

    /// <summary>One block from input to output, for any number of rows.</summary>
    /// <param name="block">The block.</param>
    /// <param name="layer">Its layer.</param>
    /// <param name="down">What its last matrix is.</param>
    /// <param name="input">Inputs.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="output">Receives outputs.</param>
    public void RunBlock(BlockWeights block, int layer, WeightRole down, float* input, int rows, float* output)
    {
        Enter(block, input, rows);
        Activate(block, rows);
        Observer?.BeforeMatMul([down], layer, _buffers.Gated, rows, block.Width);
        Leave(block, rows, output);
    }

    public void Dispose() => _experts?.Dispose();

    private void Enter(BlockWeights block, float* input, int rows)
    {
        _model.Backend.MatMul(input, rows, block.Inner, _buffers.GateUp);
        if (block.InnerBias is { } bias)
            _model.Backend.AddBias(_buffers.GateUp, rows, block.Inner.N, (float*)bias.Pointer);
    }

    private void Activate(BlockWeights block, int rows)
    {
        var config = _model.Config;
        if (config is { Gated: true, Activation: Activation.Silu })
            _model.Backend.SiluGate(_buffers.GateUp, rows, block.Width, _buffers.Gated);
        else
            _model.Backend.Activate(config.Activation, config.Gated, _buffers.GateUp, rows, block.Width, _buffers.Gated);
    }

    private void Leave(BlockWeights block, int rows, float* output)
    {
        _model.Backend.MatMul(_buffers.Gated, rows, block.Down, output);
        if (block.DownBias is { } bias)
            _model.Backend.AddBias(output, rows, _model.Config.HiddenSize, (float*)bias.Pointer);
    }
}

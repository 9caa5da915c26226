using Kvasir.Engine.Loading;
using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Engine.Running;

/// <summary>
/// A mixture of experts. Every row is routed by itself; the rows of one expert share its matrix multiplications, and a row's sum runs over
/// its experts in ascending order, so that its bits do not depend on who else is in the step (numerics contract, rule 4).
/// </summary>
internal sealed unsafe class ExpertStage : IDisposable
{
    private readonly LoadedModel _model;
    private readonly RunnerBuffers _buffers;
    private readonly FeedForwardStage _feedForward;
    private readonly ExpertRouter _router;
    private readonly NativeBuffer _logits;
    private readonly NativeBuffer _gathered;
    private readonly int[] _experts;
    private readonly float[] _weights;
    private readonly int[] _rows;
    private readonly float[] _rowWeights;

    public ExpertStage(LoadedModel model, RunnerBuffers buffers, FeedForwardStage feedForward)
    {
        _model = model;
        _buffers = buffers;
        _feedForward = feedForward;
        var config = model.Config.Experts!;
        _router = new ExpertRouter(config);
        _logits = model.Backend.Allocate((nuint)buffers.MaxRows * (nuint)config.Count * sizeof(float));
        _gathered = model.Backend.Allocate((nuint)buffers.MaxRows * (nuint)model.Config.HiddenSize * sizeof(float));
        _experts = new int[buffers.MaxRows * config.Chosen];
        _weights = new float[buffers.MaxRows * config.Chosen];
        _rows = new int[buffers.MaxRows];
        _rowWeights = new float[buffers.MaxRows];
    }

    /// <summary>Runs it.</summary>
    /// <param name="weights">The layer's experts.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="input">Inputs <c>[rows, hidden]</c>.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="output">Receives outputs; not the buffer that experts write to.</param>
    public void Run(ExpertWeights weights, int layer, float* input, int rows, float* output)
    {
        _feedForward.Observer?.BeforeMatMul(
            [WeightRole.Router, WeightRole.ExpertGate, WeightRole.ExpertUp, WeightRole.SharedGate, WeightRole.SharedUp, WeightRole.SharedExpertGate],
            layer, input, rows, _model.Config.HiddenSize);
        Route(weights, input, rows);
        var backend = _model.Backend;
        var config = _model.Config.Experts!;
        var hidden = _model.Config.HiddenSize;
        var gathered = (float*)_gathered.Pointer;
        new Span<float>(output, rows * hidden).Clear();
        for (var expert = 0; expert < config.Count; expert++)
        {
            var count = Collect(expert, rows);
            if (count == 0)
                continue;
            backend.GatherRows(input, _rows.AsSpan(0, count), hidden, gathered);
            _feedForward.RunBlock(weights.Experts[expert], layer, WeightRole.ExpertDown, gathered, count, _buffers.Second);
            for (var i = 0; i < count; i++)
                backend.AddScaled(_buffers.Second + ((long)i * hidden), hidden, _rowWeights[i], output + ((long)_rows[i] * hidden));
        }

        if (weights.Shared is { } shared)
            AddShared(weights, shared, layer, input, rows, output);
    }

    public void Dispose()
    {
        _logits.Dispose();
        _gathered.Dispose();
    }

    private void Route(ExpertWeights weights, float* input, int rows)
    {
        var backend = _model.Backend;
        var config = _model.Config.Experts!;
        var logits = (float*)_logits.Pointer;
        backend.MatMul(input, rows, weights.Router, logits);
        if (weights.RouterBias is { } bias)
            backend.AddBias(logits, rows, config.Count, (float*)bias.Pointer);
        var correction = weights.Correction is { } values ? values.AsSpan<float>()[..config.Count] : default;
        for (var row = 0; row < rows; row++)
        {
            _router.Route(
                new Span<float>(logits + ((long)row * config.Count), config.Count),
                correction,
                _experts.AsSpan(row * config.Chosen, config.Chosen),
                _weights.AsSpan(row * config.Chosen, config.Chosen));
        }
    }

    /// <summary>The rows that go through an expert, ascending, and its weight for each.</summary>
    private int Collect(int expert, int rows)
    {
        var chosen = _model.Config.Experts!.Chosen;
        var count = 0;
        for (var i = 0; i < rows * chosen; i++)
        {
            if (_experts[i] != expert)
                continue;
            _rows[count] = i / chosen;
            _rowWeights[count++] = _weights[i];
        }

        return count;
    }

    private void AddShared(ExpertWeights weights, BlockWeights shared, int layer, float* input, int rows, float* output)
    {
        var backend = _model.Backend;
        var hidden = _model.Config.HiddenSize;
        _feedForward.RunBlock(shared, layer, WeightRole.SharedDown, input, rows, _buffers.Second);
        if (weights.SharedGate is null)
        {
            backend.Add(output, _buffers.Second, (long)rows * hidden);
            return;
        }

        var gates = (float*)_logits.Pointer;
        backend.MatMul(input, rows, weights.SharedGate, gates);
        for (var row = 0; row < rows; row++)
            backend.AddScaled(_buffers.Second + ((long)row * hidden), hidden, ExpertRouter.Sigmoid(gates[row]), output + ((long)row * hidden));
    }
}

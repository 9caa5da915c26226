using Kvasir.Engine.Adapters;
using Kvasir.Engine.Loading;
using Kvasir.KvCache.Tables;
using Kvasir.Models;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Running;

/// <summary>
/// The forward pass: carries a batch's rows through the layers, writing their keys and values to the pool and reading from there only
/// (numerics contract, rule 2). Used by one thread.
/// </summary>
internal sealed unsafe class ModelRunner : IDisposable
{
    private readonly LoadedModel _model;
    private readonly RunnerBuffers _buffers;
    private readonly ActiveRows _active;
    private readonly LayerPolicyHost _policies;
    private readonly AdapterProducts _adapters;
    private readonly SegmentArena _uniformSegments = new();
    private readonly SegmentArena _layerSegments = new();
    private readonly int[] _outputRows;
    private readonly float _scale;

    public ModelRunner(LoadedModel model, int maxRows, int maxSequences, int maxLogitRows)
    {
        _model = model;
        _buffers = new RunnerBuffers(model.Config, model.Backend, maxRows, maxSequences, maxLogitRows);
        _active = new ActiveRows(maxRows, maxSequences);
        _policies = new LayerPolicyHost(model, _buffers, _active);
        _adapters = new AdapterProducts(model, _active, maxRows);
        _outputRows = new int[maxRows];
        _scale = 1 / MathF.Sqrt(model.Config.HeadDim);
        Batch = new StepBatch(maxRows, maxSequences, maxLogitRows);
    }

    /// <summary>Sees the inputs of matrix multiplications (calibration); null in service.</summary>
    public IActivationObserver? Observer { get; set; }

    /// <summary>The batch to fill and run.</summary>
    public StepBatch Batch { get; }

    /// <summary>Logits <c>[vocabulary]</c> of the batch's logits row <paramref name="index"/>; valid, and the caller's to change, until
    /// the next run.</summary>
    public Span<float> Logits(int index) =>
        new(_buffers.Logits + ((long)index * _model.Config.VocabSize), _model.Config.VocabSize);

    /// <summary>Hidden states <c>[hidden]</c>, behind the output norm, of the batch's hidden row <paramref name="index"/>; valid until the
    /// next run.</summary>
    public ReadOnlySpan<float> Hidden(int index) =>
        new(_buffers.Projected + ((long)index * _model.Config.HiddenSize), _model.Config.HiddenSize);

    /// <summary>Runs the batch. Tables must have room for its rows; the caller commits them afterwards.</summary>
    public void Run()
    {
        var backend = _model.Backend;
        var config = _model.Config;
        var batch = Batch;
        _active.Reset(batch);
        _policies.BeginStep(batch);
        _adapters.BeginStep(batch);
        _uniformSegments.Clear();
        BuildUniformViews(batch);
        backend.Embed(_model.Weights.Embedding, batch.Tokens, _buffers.Hidden);
        for (var layer = 0; layer < config.Layers; layer++)
        {
            RetireRows(batch, layer);
            if (_active.Count == 0)
                break;
            WaitForLoads(batch, layer);
            Attention(batch, layer);
            FeedForward(batch, layer);
        }

        Project(batch);
        _policies.EndStep(batch);
    }

    public void Dispose()
    {
        _buffers.Dispose();
        _adapters.Dispose();
        _uniformSegments.Dispose();
        _layerSegments.Dispose();
    }

    /// <summary>
    /// Waits until the layer's rows that come from tiers are there. When they do not come the sequence's rows of this step mean nothing;
    /// others' are not touched by it, and the loop throws them away.
    /// </summary>
    private static void WaitForLoads(StepBatch batch, int layer)
    {
        foreach (ref readonly var sequence in batch.Sequences)
            sequence.Load?.WaitLayer(layer);
    }

    private void Attention(StepBatch batch, int layer)
    {
        var backend = _model.Backend;
        var config = _model.Config;
        var weights = _model.Weights.Layers[layer];
        var buffers = _buffers;
        var rows = _active.Count;
        backend.RmsNorm(buffers.Hidden, rows, config.HiddenSize, (float*)weights.AttentionNorm.Pointer, config.NormEpsilon, buffers.Normed);
        Observer?.BeforeMatMul([WeightRole.Query, WeightRole.Key, WeightRole.Value], layer, buffers.Normed, rows, config.HiddenSize);
        backend.MatMul(buffers.Normed, rows, weights.QueryKeyValue, buffers.Qkv);
        if (weights.QueryKeyValueBias is { } bias)
            backend.AddBias(buffers.Qkv, rows, buffers.QkvWidth, (float*)bias.Pointer);
        if (_adapters.Any)
            _adapters.Add(batch, layer, FusedMatrix.QueryKeyValue, buffers.Normed, buffers.Qkv, buffers.QkvWidth);

        // Queries and keys lie side by side, so one call rotates both.
        backend.Rope(
            buffers.Qkv, rows, buffers.QkvWidth, config.QueryHeads + config.KvHeads, config.HeadDim, _model.Rope, _active.Positions);
        WriteKeysValues(batch, layer);
        if (_policies.HasPolicies)
            _policies.AfterKeysValues(batch, layer);

        rows = _active.Count;
        BuildViews(batch, layer);
        var call = new AttentionBatch
        {
            Queries = buffers.Qkv,
            QueryStride = buffers.QkvWidth,
            Output = buffers.Attention,
            Rows = buffers.Queries,
            RowCount = rows,
            Views = buffers.Views,
            ViewCount = batch.Sequences.Length,
            QueryHeads = config.QueryHeads,
            Scale = _scale,
            Layout = _model.Layout,
            Rope = _model.Rope,
        };
        var observed = _policies.HasPolicies && _policies.AskForMass(batch, layer);
        call.LogSumExp = observed ? buffers.LogSumExp : null;
        backend.Attend(call);
        if (observed)
            _policies.Observe(call);
        if (_policies.HasPolicies)
            _policies.AfterAttention(batch, layer);

        rows = _active.Count;
        Observer?.BeforeMatMul([WeightRole.AttentionOutput], layer, buffers.Attention, rows, buffers.QueryWidth);
        backend.MatMul(buffers.Attention, rows, weights.AttentionOutput, buffers.Projected);
        if (weights.AttentionOutputBias is { } outputBias)
            backend.AddBias(buffers.Projected, rows, config.HiddenSize, (float*)outputBias.Pointer);
        if (_adapters.Any)
            _adapters.Add(batch, layer, FusedMatrix.AttentionOutput, buffers.Attention, buffers.Projected, config.HiddenSize);
        backend.Add(buffers.Hidden, buffers.Projected, (long)rows * config.HiddenSize);
    }

    private void FeedForward(StepBatch batch, int layer)
    {
        var backend = _model.Backend;
        var config = _model.Config;
        var weights = _model.Weights.Layers[layer];
        var buffers = _buffers;
        var rows = _active.Count;
        backend.RmsNorm(buffers.Hidden, rows, config.HiddenSize, (float*)weights.FeedForwardNorm.Pointer, config.NormEpsilon, buffers.Normed);
        Observer?.BeforeMatMul([WeightRole.Gate, WeightRole.Up], layer, buffers.Normed, rows, config.HiddenSize);
        backend.MatMul(buffers.Normed, rows, weights.GateUp, buffers.GateUp);
        if (weights.GateUpBias is { } bias)
            backend.AddBias(buffers.GateUp, rows, 2 * config.IntermediateSize, (float*)bias.Pointer);
        if (_adapters.Any)
            _adapters.Add(batch, layer, FusedMatrix.GateUp, buffers.Normed, buffers.GateUp, 2 * config.IntermediateSize);
        backend.SiluGate(buffers.GateUp, rows, config.IntermediateSize, buffers.Gated);
        Observer?.BeforeMatMul([WeightRole.Down], layer, buffers.Gated, rows, config.IntermediateSize);
        backend.MatMul(buffers.Gated, rows, weights.Down, buffers.Projected);
        if (weights.DownBias is { } downBias)
            backend.AddBias(buffers.Projected, rows, config.HiddenSize, (float*)downBias.Pointer);
        if (_adapters.Any)
            _adapters.Add(batch, layer, FusedMatrix.Down, buffers.Gated, buffers.Projected, config.HiddenSize);
        backend.Add(buffers.Hidden, buffers.Projected, (long)rows * config.HiddenSize);
    }

    private void WriteKeysValues(StepBatch batch, int layer)
    {
        var sequences = batch.Sequences;
        for (var i = 0; i < sequences.Length; i++)
        {
            var (first, count) = _active.Part(i);
            for (var row = first; row < first + count; row++)
                _buffers.Writes[row] = sequences[i].Table.WriteTarget(layer, _active.Positions[row]);
        }

        var keys = _buffers.Qkv + _buffers.QueryWidth;
        _model.Backend.WriteKv(
            keys, keys + _buffers.KeyWidth, _buffers.QkvWidth, new ReadOnlySpan<KvWriteRow>(_buffers.Writes, _active.Count), _model.Layout);
    }

    /// <summary>A uniform table's segments are the same in every layer, up to the slice's offset.</summary>
    private void BuildUniformViews(StepBatch batch)
    {
        var sequences = batch.Sequences;
        for (var i = 0; i < sequences.Length; i++)
        {
            if (sequences[i].Table.IsUniform)
                _buffers.Views[i] = sequences[i].Table.BuildView(0, _uniformSegments);
        }
    }

    private void BuildViews(StepBatch batch, int layer)
    {
        _layerSegments.Clear();
        var sequences = batch.Sequences;
        for (var i = 0; i < sequences.Length; i++)
        {
            var (first, count) = _active.Part(i);
            if (sequences[i].Table.IsUniform)
                _buffers.Views[i].SliceOffset = layer * _buffers.Views[i].LayerStride;
            else if (count > 0)
                _buffers.Views[i] = sequences[i].Table.BuildView(layer, _layerSegments);
            for (var row = first; row < first + count; row++)
            {
                _buffers.Queries[row] = new QueryRow
                {
                    View = i,
                    Position = _active.Positions[row],
                    Visibility = VisibilityKind.Causal,
                };
            }
        }
    }

    /// <summary>Rows whose layer range has ended leave the batch.</summary>
    private void RetireRows(StepBatch batch, int layer)
    {
        var sequences = batch.Sequences;
        var retire = false;
        foreach (ref readonly var sequence in sequences)
            retire |= sequence.LayerEnd == layer;
        if (!retire)
            return;
        _active.BeginSelection();
        for (var i = 0; i < sequences.Length; i++)
        {
            if (sequences[i].LayerEnd <= layer)
                _active.Keep(i, [], "layer range");
            else
                _active.KeepAll(i);
        }

        _policies.Gather(_active.EndSelection(), withQkv: false, withAttention: false);
    }

    private void Project(StepBatch batch)
    {
        var backend = _model.Backend;
        if (batch.HiddenRows.Length > 0)
            NormRows(batch.HiddenRows, _buffers.Projected); // the last layer is done with this buffer
        var logits = batch.LogitRows.Length;
        if (logits == 0)
            return;
        NormRows(batch.LogitRows, _buffers.Normed);
        Observer?.BeforeMatMul([WeightRole.Output], -1, _buffers.Normed, logits, _model.Config.HiddenSize);
        backend.MatMul(_buffers.Normed, logits, _model.Weights.Output, _buffers.Logits);
    }

    /// <summary>Gathers rows of the step behind the last layer and norms them.</summary>
    private void NormRows(ReadOnlySpan<int> wanted, float* output)
    {
        var active = _active.BatchRows;
        for (var i = 0; i < wanted.Length; i++)
        {
            _outputRows[i] = active.BinarySearch(wanted[i]);
            if (_outputRows[i] < 0)
                throw new InvalidOperationException($"row {wanted[i]} of the step was to give logits or a hidden state, but a layer policy or its layer range ended it before the last layer");
        }

        var backend = _model.Backend;
        var config = _model.Config;
        backend.GatherRows(_buffers.Hidden, _outputRows.AsSpan(0, wanted.Length), config.HiddenSize, _buffers.HiddenSpare);
        backend.RmsNorm(
            _buffers.HiddenSpare, wanted.Length, config.HiddenSize, (float*)_model.Weights.OutputNorm.Pointer, config.NormEpsilon, output);
    }
}

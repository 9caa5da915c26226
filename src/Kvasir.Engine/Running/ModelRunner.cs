using Kvasir.Engine.Loading;
using Kvasir.Models;
using Kvasir.Numerics;

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
    private readonly RowViews _views;
    private readonly SparseViews _sparse;
    private readonly LayerNorms _norms;
    private readonly AttentionStage _attention;
    private readonly RecurrentStage? _mixer;
    private readonly FeedForwardStage _feedForward;
    private readonly EmbeddingStage _embedding;
    private readonly HeadStage? _head;
    private readonly NativeBuffer? _narrow;
    private readonly bool _keepsNothing;
    private readonly int[] _outputRows;
    private readonly TimeProvider _time;

    public ModelRunner(LoadedModel model, int maxRows, int maxSequences, int maxLogitRows, TimeProvider? time = null)
    {
        _model = model;
        _time = time ?? TimeProvider.System;
        _buffers = new RunnerBuffers(model.Config, model.Backend, maxRows, maxSequences, maxLogitRows);
        _active = new ActiveRows(maxRows, maxSequences);
        _policies = new LayerPolicyHost(model, _buffers, _active);
        _adapters = new AdapterProducts(model, _active, maxRows);
        _views = new RowViews(model, _buffers, _active);
        _sparse = new SparseViews(model, _buffers, _active);
        _norms = new LayerNorms(model.Config, model.Backend, _buffers);
        _attention = new AttentionStage(model, _buffers, _active, _views, _sparse, _policies, _adapters);
        _mixer = model.Config.Recurrent switch
        {
            null => null,
            { StepRank: > 0 } => new SelectiveStage(model, _buffers, _active),
            _ => new MixerStage(model, _buffers, _active),
        };
        _feedForward = new FeedForwardStage(model, _buffers, _active, _adapters);
        _narrow = model.Config.EmbeddingSize > 0
            ? model.Backend.Allocate((nuint)maxRows * (nuint)model.Config.EmbeddingSize * sizeof(float))
            : null;
        _embedding = new EmbeddingStage(model, _buffers, _norms, _narrow);
        _head = model.Weights.Head is { } head ? new HeadStage(model, head, _buffers, _norms) : null;
        _keepsNothing = model.KvLayers.All(layer => layer < 0);
        _outputRows = new int[maxRows];
        Batch = new StepBatch(maxRows, maxSequences, maxLogitRows);
    }

    /// <summary>Sees the inputs of matrix multiplications (calibration); null in service.</summary>
    public IActivationObserver? Observer
    {
        get;
        set
        {
            _attention.Observer = _feedForward.Observer = field = value;
            if (_mixer is not null)
                _mixer.Observer = value;
        }
    }

    /// <summary>The batch to fill and run.</summary>
    public StepBatch Batch { get; }

    /// <summary>How long the last run waited for layers that come from tiers.</summary>
    public TimeSpan Stalled { get; private set; }

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
        var batch = Batch;
        Stalled = TimeSpan.Zero;
        _active.Reset(batch);
        _policies.BeginStep(batch);
        _adapters.BeginStep(batch);
        _views.BeginStep(batch);
        _sparse.BeginStep(batch);
        _embedding.Run(batch);
        for (var layer = 0; layer < _model.Config.Layers; layer++)
        {
            RetireRows(batch, layer);
            if (_active.Count == 0)
                break;
            WaitForLoads(batch, layer);
            RunLayer(batch, layer);
        }

        if (_keepsNothing)
            WriteEmptyRows(batch);
        Project(batch);
        _policies.EndStep(batch);
    }

    public void Dispose()
    {
        _buffers.Dispose();
        _adapters.Dispose();
        _attention.Dispose();
        _mixer?.Dispose();
        _feedForward.Dispose();
        _views.Dispose();
        _sparse.Dispose();
        _narrow?.Dispose();
    }

    /// <summary>
    /// Waits until the layer's rows that come from tiers are there. When they do not come the sequence's rows of this step mean nothing;
    /// others' are not touched by it, and the loop throws them away.
    /// </summary>
    private void WaitForLoads(StepBatch batch, int layer)
    {
        foreach (ref readonly var sequence in batch.Sequences)
        {
            if (sequence.Load is not { } load || load.ReadyLayers > layer)
                continue;
            var begun = _time.GetTimestamp();
            load.WaitLayer(layer);
            Stalled += _time.GetElapsedTime(begun);
        }
    }

    private void RunLayer(StepBatch batch, int layer)
    {
        var config = _model.Config;
        var weights = _model.Weights.Layers[layer];
        var input = _norms.Input(weights.AttentionNorm, _active.Count);
        if (weights.Mixer is null)
            _attention.Run(batch, layer, input);
        else
            _mixer!.Run(batch, layer, input);
        if (config.ParallelResidual)
        {
            RunBeside(batch, layer, weights);
            return;
        }

        _norms.Join(_buffers.Projected, _active.Count, weights.AttentionOutputNorm, weights.AttentionNorm);
        if (config.Layer(layer).FeedForward == FeedForwardKind.None)
            return;
        input = _norms.Input(weights.FeedForwardNorm, _active.Count);
        _feedForward.Run(batch, layer, input, _buffers.Projected);
        _norms.Join(_buffers.Projected, _active.Count, weights.FeedForwardOutputNorm, weights.FeedForwardNorm);
    }

    /// <summary>The feed-forward block beside attention: both read the stream as it was, and both are added to it.</summary>
    private void RunBeside(StepBatch batch, int layer, LayerWeights weights)
    {
        // Normed again where it is the same norm: a layer policy may have taken rows away meanwhile.
        var rows = _active.Count;
        var input = _norms.Input(weights.FeedForwardNorm ?? weights.AttentionNorm, rows, keepsStream: true);
        _feedForward.Run(batch, layer, input, _buffers.Second);
        _norms.Join(_buffers.Projected, rows, weights.AttentionOutputNorm, null);
        _norms.Join(_buffers.Second, rows, weights.FeedForwardOutputNorm, null);
    }

    /// <summary>A model without attention counts its rows in the cache all the same; what stands there is zeros.</summary>
    private void WriteEmptyRows(StepBatch batch)
    {
        if (_active.Count == 0)
            return;
        new Span<float>(_buffers.Qkv, _active.Count * _buffers.QkvWidth).Clear();
        _views.Write(batch, 0);
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
        var (config, weights) = (_model.Config, _model.Weights);
        var output = weights.Output ?? throw new InvalidOperationException($"{config.Architecture} has no output matrix, and so no logits");
        _head?.Run(_buffers.Normed, logits);
        var input = _buffers.Normed;
        if (weights.OutputProjection is { } projection)
        {
            Observer?.BeforeMatMul([WeightRole.OutputProjection], -1, input, logits, config.HiddenSize);
            input = (float*)_narrow!.Pointer;
            backend.MatMul(_buffers.Normed, logits, projection, input);
        }

        Observer?.BeforeMatMul([WeightRole.Output], -1, input, logits, config.EmbeddingSize > 0 ? config.EmbeddingSize : config.HiddenSize);
        backend.MatMul(input, logits, output, _buffers.Logits);
        if (weights.OutputBias is { } bias)
            backend.AddBias(_buffers.Logits, logits, config.VocabSize, (float*)bias.Pointer);
        if (config.LogitScale != 1)
            backend.Scale(_buffers.Logits, (long)logits * config.VocabSize, config.LogitScale);
        if (config.LogitSoftCap > 0)
            backend.SoftCap(_buffers.Logits, (long)logits * config.VocabSize, config.LogitSoftCap);
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
        var rows = _outputRows.AsSpan(0, wanted.Length);
        if (_model.Weights.OutputNorm is not { } norm)
        {
            backend.GatherRows(_buffers.Hidden, rows, config.HiddenSize, output);
            return;
        }

        backend.GatherRows(_buffers.Hidden, rows, config.HiddenSize, _buffers.HiddenSpare);
        _norms.Apply(norm, _buffers.HiddenSpare, wanted.Length, output);
    }
}

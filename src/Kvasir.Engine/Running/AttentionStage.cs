using Kvasir.Engine.Adapters;
using Kvasir.Engine.Loading;
using Kvasir.Models;
using Kvasir.Numerics;
using Kvasir.Numerics.Attention;
using Kvasir.Numerics.Kernels;

namespace Kvasir.Engine.Running;

/// <summary>Attention of a step's rows in one layer, from the block's input to its output.</summary>
internal sealed unsafe class AttentionStage(
    LoadedModel model, RunnerBuffers buffers, ActiveRows active, RowViews views, SparseViews sparse, LayerPolicyHost policies, AdapterProducts adapters) : IDisposable
{
    private readonly LatentStage? _latent = model.Config.Latent is null ? null : new LatentStage(model, buffers);

    /// <summary>Sees the inputs of matrix multiplications (calibration); null in service.</summary>
    public IActivationObserver? Observer
    {
        get;
        set
        {
            field = value;
            if (_latent is not null)
                _latent.Observer = value;
        }
    }

    /// <summary>Runs it; the output, <c>[active rows, hidden]</c>, is left in the buffers.</summary>
    /// <param name="batch">The step.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="input">The block's input.</param>
    public void Run(StepBatch batch, int layer, float* input)
    {
        var backend = model.Backend;
        var config = model.Config;
        var weights = model.Weights.Layers[layer];
        var kvLayer = model.KvLayers[layer];
        var rows = active.Count;
        if (_latent is not null)
            _latent.Project(weights.Latent!, layer, input, rows);
        else
            Project(batch, layer, weights.Attention!, input, rows);

        // Queries and keys lie side by side, so one call rotates both.
        var rope = model.RopeOf(layer);
        if (rope is not null)
        {
            backend.Rope(
                buffers.Qkv, rows, buffers.QkvWidth, config.QueryHeads + config.CacheHeads, config.CacheHeadDim, rope, active.Positions);
        }

        if (config.LongQueryScale != 0)
            ScaleQueries(rows);
        views.Write(batch, kvLayer);
        if (policies.HasPolicies)
            policies.AfterKeysValues(batch, kvLayer);

        views.Build(batch, layer, kvLayer);
        Attend(batch, layer, rope, weights.Attention?.Sinks);
        if (policies.HasPolicies)
            policies.AfterAttention(batch, kvLayer);

        rows = active.Count;
        if (_latent is not null)
            _latent.Output(weights.Latent!, layer, rows);
        else
            Output(batch, layer, weights.Attention!, rows);
    }

    public void Dispose() => _latent?.Dispose();

    private void Project(StepBatch batch, int layer, AttentionWeights weights, float* input, int rows)
    {
        var backend = model.Backend;
        Observer?.BeforeMatMul([WeightRole.Query, WeightRole.Key, WeightRole.Value], layer, input, rows, model.Config.HiddenSize);
        backend.MatMul(input, rows, weights.QueryKeyValue, buffers.Qkv);
        if (weights.QueryKeyValueBias is { } bias)
            backend.AddBias(buffers.Qkv, rows, buffers.QkvWidth, (float*)bias.Pointer);
        if (adapters.Any)
            adapters.Add(batch, layer, FusedMatrix.QueryKeyValue, input, buffers.Qkv, buffers.QkvWidth);
        if (weights.QueryNorm is { } queryNorm)
        {
            NormHeads(buffers.Qkv, model.Config.QueryHeads, queryNorm, rows);
            NormHeads(buffers.Qkv + buffers.QueryWidth, model.Config.KvHeads, weights.KeyNorm!, rows);
        }
    }

    private void NormHeads(float* x, int heads, NativeBuffer weight, int rows)
    {
        var config = model.Config;
        var whole = config.QueryKeyNorm == QueryKeyNorm.Whole;
        model.Backend.Norm(new NormCall
        {
            X = x,
            Rows = rows,
            Stride = buffers.QkvWidth,
            Parts = whole ? 1 : heads,
            Width = whole ? heads * config.HeadDim : config.HeadDim,
            Weight = (float*)weight.Pointer,
            WeightStride = config.QueryKeyNorm == QueryKeyNorm.EachHead ? config.HeadDim : 0,
            Epsilon = config.NormEpsilon,
            Kind = config.QueryKeyNormKind,
            Y = x,
            YStride = buffers.QkvWidth,
        });
    }

    /// <summary>Scales the queries of positions behind the first context; a function of the position only.</summary>
    private void ScaleQueries(int rows)
    {
        for (var row = 0; row < rows; row++)
        {
            var passed = active.Positions[row] / model.Config.LongQueryContext;
            if (passed > 0)
                model.Backend.Scale(buffers.Qkv + ((long)row * buffers.QkvWidth), buffers.QueryWidth, 1 + (model.Config.LongQueryScale * (float)Elementary.Log(1 + passed)));
        }
    }

    private void Attend(StepBatch batch, int layer, RopeTable? rope, NativeBuffer? sinks)
    {
        var config = model.Config;
        var call = new AttentionBatch
        {
            Queries = buffers.Qkv,
            QueryStride = buffers.QkvWidth,
            Output = buffers.Attention,
            Rows = buffers.Queries,
            RowCount = active.Count,
            Views = buffers.Views,
            ViewCount = batch.Sequences.Length,
            QueryHeads = config.QueryHeads,
            Scale = config.ScoreScale(layer),
            SoftCap = config.AttentionSoftCap,
            Slopes = model.Weights.Slopes is { } slopes ? (float*)slopes.Pointer : null,
            Sinks = sinks is null ? null : (float*)sinks.Pointer,
            Layout = model.Layout,
            Rope = rope,
        };
        if (sparse.Any)
            call.ViewCount = sparse.Build(batch, model.KvLayers[layer], call);
        var observed = policies.HasPolicies && policies.AskForMass(batch, model.KvLayers[layer]);
        call.LogSumExp = observed ? buffers.LogSumExp : null;
        if (observed)
            policies.AttachMasses(ref call);
        model.Backend.Attend(call);
        if (observed)
            policies.Observe(call);
    }

    private void Output(StepBatch batch, int layer, AttentionWeights weights, int rows)
    {
        var backend = model.Backend;
        Observer?.BeforeMatMul([WeightRole.AttentionOutput], layer, buffers.Attention, rows, buffers.QueryWidth);
        backend.MatMul(buffers.Attention, rows, weights.Output, buffers.Projected);
        if (weights.OutputBias is { } bias)
            backend.AddBias(buffers.Projected, rows, model.Config.HiddenSize, (float*)bias.Pointer);
        if (adapters.Any)
            adapters.Add(batch, layer, FusedMatrix.AttentionOutput, buffers.Attention, buffers.Projected, model.Config.HiddenSize);
    }
}

using Kvasir.Engine.Loading;
using Kvasir.Models;
using Kvasir.Numerics;
using Kvasir.Numerics.Kernels;

namespace Kvasir.Engine.Running;

/// <summary>
/// The projections of latent attention (DeepSeek-V2, 2024, section 2.1). A token's cached key is its rotated key and its latent row, its
/// value the latent row; each head's projection of keys is applied to the query instead, that of values to what attention gives.
/// </summary>
internal sealed unsafe class LatentStage : IDisposable
{
    private readonly LoadedModel _model;
    private readonly RunnerBuffers _buffers;
    private readonly LatentConfig _config;
    private readonly NativeBuffer _query;
    private readonly NativeBuffer _row;
    private readonly NativeBuffer _heads;
    private readonly NativeBuffer _headIn;
    private readonly NativeBuffer _headOut;

    public LatentStage(LoadedModel model, RunnerBuffers buffers)
    {
        _model = model;
        _buffers = buffers;
        _config = model.Config.Latent!;
        var widest = Math.Max(_config.Rank, Math.Max(_config.PlainDim, _config.ValueDim));
        _query = Floats(_config.QueryRank);
        _row = Floats(_config.RotaryDim + _config.Rank);
        _heads = Floats(model.Config.QueryHeads * Math.Max(_config.RotaryDim + _config.PlainDim, _config.ValueDim));
        _headIn = Floats(widest);
        _headOut = Floats(widest);

        NativeBuffer Floats(int width) => model.Backend.Allocate((nuint)buffers.MaxRows * (nuint)width * sizeof(float));
    }

    private int HeadDim => _config.RotaryDim + _config.Rank;

    /// <summary>Sees the inputs of matrix multiplications (calibration); null in service.</summary>
    public IActivationObserver? Observer { get; set; }

    /// <summary>Fills the buffer of queries, keys and values from the block's input.</summary>
    public void Project(LatentWeights weights, int layer, float* input, int rows)
    {
        Observer?.BeforeMatMul(
            [WeightRole.LatentDown, weights.QueryDown is null ? WeightRole.Query : WeightRole.QueryDown], layer, input, rows, _model.Config.HiddenSize);
        ProjectQueries(weights, layer, input, rows);
        var backend = _model.Backend;
        var row = (float*)_row.Pointer;
        backend.MatMul(input, rows, weights.Down, row);
        if (weights.DownBias is { } bias)
            backend.AddBias(row, rows, HeadDim, (float*)bias.Pointer);
        Norm(row + _config.RotaryDim, rows, HeadDim, _config.Rank, weights.Norm);

        var key = _buffers.Qkv + _buffers.QueryWidth;
        var value = key + HeadDim;
        backend.CopyColumns(row, HeadDim, rows, HeadDim, key, _buffers.QkvWidth);
        backend.CopyColumns(row + _config.RotaryDim, HeadDim, rows, _config.Rank, value, _buffers.QkvWidth);
        for (var i = 0; i < rows; i++)
            new Span<float>(value + ((long)i * _buffers.QkvWidth) + _config.Rank, _config.RotaryDim).Clear();
    }

    /// <summary>From what attention gave, <c>[rows, queryHeads, rotaryDim + rank]</c>, to the block's output.</summary>
    public void Output(LatentWeights weights, int layer, int rows)
    {
        var backend = _model.Backend;
        var heads = _model.Config.QueryHeads;
        var values = (float*)_heads.Pointer;
        var from = (float*)_headIn.Pointer;
        var to = (float*)_headOut.Pointer;
        for (var head = 0; head < heads; head++)
        {
            backend.CopyColumns(_buffers.Attention + (head * HeadDim), _buffers.QueryWidth, rows, _config.Rank, from, _config.Rank);
            Observer?.BeforeMatMul([WeightRole.LatentValue], layer, from, rows, _config.Rank);
            backend.MatMul(from, rows, weights.Values[head], to);
            backend.CopyColumns(to, _config.ValueDim, rows, _config.ValueDim, values + (head * _config.ValueDim), heads * _config.ValueDim);
        }

        Observer?.BeforeMatMul([WeightRole.AttentionOutput], layer, values, rows, heads * _config.ValueDim);
        backend.MatMul(values, rows, weights.Output, _buffers.Projected);
        if (weights.OutputBias is { } bias)
            backend.AddBias(_buffers.Projected, rows, _model.Config.HiddenSize, (float*)bias.Pointer);
    }

    public void Dispose()
    {
        _query.Dispose();
        _row.Dispose();
        _heads.Dispose();
        _headIn.Dispose();
        _headOut.Dispose();
    }

    private void ProjectQueries(LatentWeights weights, int layer, float* input, int rows)
    {
        var backend = _model.Backend;
        if (weights.QueryDown is { } down)
        {
            var query = (float*)_query.Pointer;
            backend.MatMul(input, rows, down, query);
            if (weights.QueryDownBias is { } bias)
                backend.AddBias(query, rows, _config.QueryRank, (float*)bias.Pointer);
            Norm(query, rows, _config.QueryRank, _config.QueryRank, weights.QueryDownNorm!);
            Observer?.BeforeMatMul([WeightRole.Query], layer, query, rows, _config.QueryRank);
            input = query;
        }

        var all = (float*)_heads.Pointer;
        backend.MatMul(input, rows, weights.Query, all);
        var heads = _model.Config.QueryHeads;
        var from = (float*)_headIn.Pointer;
        var to = (float*)_headOut.Pointer;
        var width = _config.RotaryDim + _config.PlainDim;
        for (var head = 0; head < heads; head++)
        {
            var query = _buffers.Qkv + (head * HeadDim);
            backend.CopyColumns(all + (head * width), heads * width, rows, _config.RotaryDim, query, _buffers.QkvWidth);
            backend.CopyColumns(all + (head * width) + _config.RotaryDim, heads * width, rows, _config.PlainDim, from, _config.PlainDim);
            Observer?.BeforeMatMul([WeightRole.LatentKey], layer, from, rows, _config.PlainDim);
            backend.MatMul(from, rows, weights.Keys[head], to);
            backend.CopyColumns(to, _config.Rank, rows, _config.Rank, query + _config.RotaryDim, _buffers.QkvWidth);
        }
    }

    private void Norm(float* x, int rows, int stride, int width, NativeBuffer weight) => _model.Backend.Norm(new NormCall
    {
        X = x,
        Rows = rows,
        Stride = stride,
        Parts = 1,
        Width = width,
        Weight = (float*)weight.Pointer,
        Epsilon = _config.NormEpsilon,
        Kind = NormKind.Rms,
        Y = x,
        YStride = stride,
    });
}

using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Engine.Loading;

/// <summary>Projections of attention with keys and values of every KV head.</summary>
internal sealed class AttentionWeights : IDisposable
{
    public AttentionWeights(WeightPacking packing, int layer)
    {
        var config = packing.Config;
        var kv = config.KvHeads * config.HeadDim;
        QueryKeyValue = packing.Stack(layer, WeightRole.Query, WeightRole.Key, WeightRole.Value);
        QueryKeyValueBias = packing.MaybeStack(
            layer, 0, (WeightRole.QueryBias, config.QueryHeads * config.HeadDim), (WeightRole.KeyBias, kv), (WeightRole.ValueBias, kv));
        QueryNorm = packing.MaybeVector(WeightRole.QueryNorm, layer);
        KeyNorm = packing.MaybeVector(WeightRole.KeyNorm, layer);
        Sinks = packing.MaybeVector(WeightRole.Sinks, layer);
        Output = packing.Stack(layer, WeightRole.AttentionOutput);
        OutputBias = packing.MaybeVector(WeightRole.AttentionOutputBias, layer);
    }

    /// <summary>Queries, keys and values, stacked: <c>[(queryHeads + 2 kvHeads) * headDim, hidden]</c>.</summary>
    public PackedMatrix QueryKeyValue { get; }

    public NativeBuffer? QueryKeyValueBias { get; }

    public NativeBuffer? QueryNorm { get; }

    public NativeBuffer? KeyNorm { get; }

    /// <summary><c>[queryHeads]</c>, or null.</summary>
    public NativeBuffer? Sinks { get; }

    /// <summary><c>[hidden, queryHeads * headDim]</c>.</summary>
    public PackedMatrix Output { get; }

    public NativeBuffer? OutputBias { get; }

    public IEnumerable<PackedMatrix> Matrices => [QueryKeyValue, Output];

    public void Dispose()
    {
        QueryKeyValue.Dispose();
        QueryKeyValueBias?.Dispose();
        QueryNorm?.Dispose();
        KeyNorm?.Dispose();
        Sinks?.Dispose();
        Output.Dispose();
        OutputBias?.Dispose();
    }
}

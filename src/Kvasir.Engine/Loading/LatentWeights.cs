using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Engine.Loading;

/// <summary>Projections of latent attention. Those of keys and values from latent rows are kept for each head, to move them to the queries' side.</summary>
internal sealed class LatentWeights : IDisposable
{
    public LatentWeights(WeightPacking packing, int layer)
    {
        var config = packing.Config;
        if (config.Latent!.QueryRank > 0)
        {
            QueryDown = packing.Stack(layer, WeightRole.QueryDown);
            QueryDownBias = packing.MaybeVector(WeightRole.QueryDownBias, layer);
            QueryDownNorm = packing.Vector(WeightRole.QueryDownNorm, layer);
        }

        Query = packing.Stack(layer, WeightRole.Query);
        Down = packing.Stack(layer, WeightRole.LatentDown);
        DownBias = packing.MaybeVector(WeightRole.LatentDownBias, layer);
        Norm = packing.Vector(WeightRole.LatentNorm, layer);
        Keys = packing.Each(WeightRole.LatentKey, layer, config.QueryHeads);
        Values = packing.Each(WeightRole.LatentValue, layer, config.QueryHeads);
        Output = packing.Stack(layer, WeightRole.AttentionOutput);
        OutputBias = packing.MaybeVector(WeightRole.AttentionOutputBias, layer);
    }

    public PackedMatrix? QueryDown { get; }

    public NativeBuffer? QueryDownBias { get; }

    public NativeBuffer? QueryDownNorm { get; }

    /// <summary><c>[queryHeads * (rotaryDim + plainDim), queryRank or hidden]</c>.</summary>
    public PackedMatrix Query { get; }

    /// <summary><c>[rotaryDim + rank, hidden]</c>.</summary>
    public PackedMatrix Down { get; }

    public NativeBuffer? DownBias { get; }

    /// <summary><c>[rank]</c>.</summary>
    public NativeBuffer Norm { get; }

    /// <summary>For each head <c>[rank, plainDim]</c>.</summary>
    public PackedMatrix[] Keys { get; }

    /// <summary>For each head <c>[valueDim, rank]</c>.</summary>
    public PackedMatrix[] Values { get; }

    /// <summary><c>[hidden, queryHeads * valueDim]</c>.</summary>
    public PackedMatrix Output { get; }

    public NativeBuffer? OutputBias { get; }

    public IEnumerable<PackedMatrix> Matrices => QueryDown is null ? [Query, Down, .. Keys, .. Values, Output] : [QueryDown, Query, Down, .. Keys, .. Values, Output];

    public void Dispose()
    {
        foreach (var matrix in Matrices)
            matrix.Dispose();
        QueryDownBias?.Dispose();
        QueryDownNorm?.Dispose();
        DownBias?.Dispose();
        Norm.Dispose();
        OutputBias?.Dispose();
    }
}

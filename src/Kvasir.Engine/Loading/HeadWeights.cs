using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Engine.Loading;

/// <summary>What an encoder that predicts tokens has before its output matrix: a dense layer and a norm.</summary>
internal sealed class HeadWeights(WeightPacking packing) : IDisposable
{
    /// <summary><c>[hidden, hidden]</c>.</summary>
    public PackedMatrix Dense { get; } = packing.Stack(-1, WeightRole.HeadDense);

    public NativeBuffer? DenseBias { get; } = packing.MaybeVector(WeightRole.HeadDenseBias, -1);

    public NormWeights Norm { get; } = NormWeights.Read(packing, WeightRole.HeadNorm, WeightRole.HeadNormBias, -1)!;

    public void Dispose()
    {
        Dense.Dispose();
        DenseBias?.Dispose();
        Norm.Dispose();
    }
}

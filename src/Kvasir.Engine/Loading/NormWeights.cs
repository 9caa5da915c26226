using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Engine.Loading;

/// <summary>A norm's weight and its bias, or null, <c>[hidden]</c>.</summary>
internal sealed record NormWeights(NativeBuffer Weight, NativeBuffer? Bias) : IDisposable
{
    public static NormWeights? Read(WeightPacking packing, WeightRole weight, WeightRole? bias, int layer) =>
        packing.MaybeVector(weight, layer) is { } values ? new(values, bias is { } role ? packing.MaybeVector(role, layer) : null) : null;

    public void Dispose()
    {
        Weight.Dispose();
        Bias?.Dispose();
    }
}

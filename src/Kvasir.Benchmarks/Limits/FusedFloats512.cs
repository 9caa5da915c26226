using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kvasir.Benchmarks.Limits;

/// <summary>Sixteen fused multiply-adds.</summary>
internal readonly unsafe struct FusedFloats512 : IPeakOperation<Vector512<float>>
{
    public static string Name => "fma 512";

    public static bool IsSupported => Vector512.IsHardwareAccelerated;

    public static int Operations => 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(byte* address) => Vector512.Load((float*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Broadcast(int* address) => Vector512.Create(*(float*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> sum, Vector512<float> weights, Vector512<float> activations) =>
        Vector512.FusedMultiplyAdd(weights, activations, sum);
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kvasir.Benchmarks.Limits;

/// <summary>Eight fused multiply-adds.</summary>
internal readonly unsafe struct FusedFloats256 : IPeakOperation<Vector256<float>>
{
    public static string Name => "fma 256";

    public static bool IsSupported => Vector256.IsHardwareAccelerated;

    public static int Operations => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(byte* address) => Vector256.Load((float*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(int* address) => Vector256.Create(*(float*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> sum, Vector256<float> weights, Vector256<float> activations) =>
        Vector256.FusedMultiplyAdd(weights, activations, sum);
}

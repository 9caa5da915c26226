using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kvasir.Benchmarks.Limits;

/// <summary>Four fused multiply-adds.</summary>
internal readonly unsafe struct FusedFloats128 : IPeakOperation<Vector128<float>>
{
    public static string Name => "fma 128";

    public static bool IsSupported => true;

    public static int Operations => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(byte* address) => Vector128.Load((float*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Broadcast(int* address) => Vector128.Create(*(float*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> sum, Vector128<float> weights, Vector128<float> activations) =>
        Vector128.FusedMultiplyAdd(weights, activations, sum);
}

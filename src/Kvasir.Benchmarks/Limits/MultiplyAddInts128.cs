using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kvasir.Benchmarks.Limits;

/// <summary>Four 32-bit products: what every machine has.</summary>
internal readonly unsafe struct MultiplyAddInts128 : IPeakOperation<Vector128<int>>
{
    public static string Name => "int32 128";

    public static bool IsSupported => true;

    public static int Operations => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Load(byte* address) => Vector128.Load((int*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Broadcast(int* address) => Vector128.Create(*(int*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MultiplyAdd(Vector128<int> sum, Vector128<int> weights, Vector128<int> activations) =>
        sum + (weights * activations);
}

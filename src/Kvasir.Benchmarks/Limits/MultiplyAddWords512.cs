using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Kvasir.Benchmarks.Limits;

/// <summary>32 products of 16-bit values, added to 32 bits.</summary>
internal readonly unsafe struct MultiplyAddWords512 : IPeakOperation<Vector512<int>>
{
    public static string Name => "vpmaddwd 512";

    public static bool IsSupported => Avx512BW.IsSupported;

    public static int Operations => 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Load(byte* address) => Vector512.Load((int*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Broadcast(int* address) => Vector512.Create(*(int*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> MultiplyAdd(Vector512<int> sum, Vector512<int> weights, Vector512<int> activations) =>
        sum + Avx512BW.MultiplyAddAdjacent(weights.AsInt16(), activations.AsInt16());
}

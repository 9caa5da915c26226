using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Kvasir.Benchmarks.Limits;

/// <summary>16 products of 16-bit values, added to 32 bits.</summary>
internal readonly unsafe struct MultiplyAddWords256 : IPeakOperation<Vector256<int>>
{
    public static string Name => "vpmaddwd 256";

    public static bool IsSupported => Avx2.IsSupported;

    public static int Operations => 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Load(byte* address) => Vector256.Load((int*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Broadcast(int* address) => Vector256.Create(*(int*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAdd(Vector256<int> sum, Vector256<int> weights, Vector256<int> activations) =>
        sum + Avx2.MultiplyAddAdjacent(weights.AsInt16(), activations.AsInt16());
}

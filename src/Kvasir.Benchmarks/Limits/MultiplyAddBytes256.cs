using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Kvasir.Benchmarks.Limits;

/// <summary>32 products of bytes, added to 16-bit pairs, which are added to 32 bits.</summary>
internal readonly unsafe struct MultiplyAddBytes256 : IPeakOperation<Vector256<int>>
{
    public static string Name => "vpmaddubsw 256";

    public static bool IsSupported => Avx2.IsSupported;

    public static int Operations => 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Load(byte* address) => Vector256.Load((int*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Broadcast(int* address) => Vector256.Create(*(int*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAdd(Vector256<int> sum, Vector256<int> weights, Vector256<int> activations) =>
        sum + Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(weights.AsByte(), activations.AsSByte()), Vector256.Create((short)1));
}

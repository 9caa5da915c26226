using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Kvasir.Benchmarks.Limits;

/// <summary>64 products of bytes, added to 16-bit pairs, which are added to 32 bits.</summary>
internal readonly unsafe struct MultiplyAddBytes512 : IPeakOperation<Vector512<int>>
{
    public static string Name => "vpmaddubsw 512";

    public static bool IsSupported => Avx512BW.IsSupported;

    public static int Operations => 128;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Load(byte* address) => Vector512.Load((int*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Broadcast(int* address) => Vector512.Create(*(int*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> MultiplyAdd(Vector512<int> sum, Vector512<int> weights, Vector512<int> activations) =>
        sum + Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent(weights.AsByte(), activations.AsSByte()), Vector512.Create((short)1));
}

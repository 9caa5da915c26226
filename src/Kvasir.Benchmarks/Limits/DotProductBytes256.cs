using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Kvasir.Benchmarks.Limits;

/// <summary>32 products of bytes, added to 32 bits by one instruction.</summary>
internal readonly unsafe struct DotProductBytes256 : IPeakOperation<Vector256<int>>
{
    public static string Name => "vpdpbusd 256";

    public static bool IsSupported => AvxVnni.IsSupported;

    public static int Operations => 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Load(byte* address) => Vector256.Load((int*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Broadcast(int* address) => Vector256.Create(*(int*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAdd(Vector256<int> sum, Vector256<int> weights, Vector256<int> activations) =>
        AvxVnni.MultiplyWideningAndAdd(sum, weights.AsByte(), activations.AsSByte());
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Kvasir.Numerics.Fusion;

/// <summary>
/// A write of floats past the caches, for results that are larger than the last of them: memory is not read before it is written, which
/// saves a third of a copy's traffic. What is soon read again is better written to a <see cref="Target"/>.
/// </summary>
/// <param name="data">Element (0, 0, 0); the caller's. Rows that begin at a multiple of 64 bytes are streamed, others are not.</param>
/// <param name="extent">Points; 0: as many as the chain has.</param>
/// <param name="rowStride">Elements from a row to the next.</param>
/// <param name="planeStride">Elements from a plane to the next.</param>
public unsafe struct Streamed(float* data, Extent extent, long rowStride, long planeStride) : IWrite
{
    private float* _row;

    public readonly Extent Extent => extent;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void IWrite.Leave()
    {
        if (Sse.IsSupported)
            Sse.StoreFence();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void IWrite.Enter(int y, int z) => _row = data + (z * planeStride) + (y * rowStride);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    readonly void IWrite.Write<T>(T value, long x)
    {
        if (((nuint)(_row + x) & 63) == 0)
            T.StoreStreaming(value, _row + x);
        else
            T.Store(value, _row + x);
    }
}

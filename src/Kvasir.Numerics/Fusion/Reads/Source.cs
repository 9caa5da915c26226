using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>A read of memory.</summary>
/// <param name="data">Element (0, 0, 0); the caller's.</param>
/// <param name="extent">Points; 0 rows or planes: the same for all.</param>
/// <param name="rowStride">Elements from a row to the next.</param>
/// <param name="planeStride">Elements from a plane to the next.</param>
public unsafe struct Source<TElement>(void* data, Extent extent, long rowStride, long planeStride) : IRead
    where TElement : unmanaged, IElement
{
    private byte* _row;

    public readonly Extent Extent => extent;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void IRead.Enter(int y, int z) => _row = (byte*)data + (((z * planeStride) + (y * rowStride)) * TElement.Size);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    T IRead.Read<T>(long x) => TElement.Load<T>(_row + (x * TElement.Size));
}

using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>A write of floats to memory.</summary>
/// <param name="data">Element (0, 0, 0); the caller's.</param>
/// <param name="extent">Points; 0: as many as the chain has.</param>
/// <param name="rowStride">Elements from a row to the next.</param>
/// <param name="planeStride">Elements from a plane to the next.</param>
public unsafe struct Target(float* data, Extent extent, long rowStride, long planeStride) : IWrite
{
    private float* _row;

    public readonly Extent Extent => extent;

    /// <summary>Contiguous floats, <c>[planes, height, width]</c>.</summary>
    public static Target Contiguous(float* data, Extent extent) =>
        new(data, extent, extent.Width, extent.Width * Math.Max(extent.Height, 1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void IWrite.Enter(int y, int z) => _row = data + (z * planeStride) + (y * rowStride);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    readonly void IWrite.Write<T>(T value, long x) => T.Store(value, _row + x);
}

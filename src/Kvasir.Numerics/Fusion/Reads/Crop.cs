using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>A rectangle of the source.</summary>
/// <param name="left">First column.</param>
/// <param name="top">First row.</param>
/// <param name="width">Columns.</param>
/// <param name="height">Rows.</param>
public readonly struct Crop(long left, int top, long width, int height) : IReadBack<Crop>
{
    public Crop Complete(Extent back)
    {
        if (left < 0 || top < 0 || width < 1 || height < 1 || width > back.Width - left || height > Math.Max(back.Height, 1) - top)
            throw new ArgumentException($"the crop of {width}x{height} at ({left}, {top}) leaves its source of {back.Width}x{Math.Max(back.Height, 1)}");
        return this;
    }

    public Extent Over(Extent back) => new(width, height, back.Planes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void IReadBack<Crop>.Enter<TBack>(int y, int z, ref TBack back) => back.Enter(top + y, z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    T IReadBack<Crop>.Read<T, TBack>(long x, ref TBack back) => back.Read<T>(left + x);
}

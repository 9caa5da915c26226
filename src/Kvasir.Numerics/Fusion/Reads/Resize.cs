using System.Runtime.CompilerServices;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Fusion;

/// <summary>
/// Bilinear interpolation between the centres of the source's pixels; the border pixel goes on outside. A point pulls four of the source.
/// </summary>
/// <param name="width">Columns of the result.</param>
/// <param name="height">Rows of the result.</param>
public unsafe struct Resize(int width, int height) : IReadBack<Resize>
{
    private readonly float _stepX;
    private readonly float _stepY;
    private readonly int _lastX;
    private readonly int _lastY;
    private int _upper;
    private int _lower;
    private int _plane;
    private float _fraction;

    private Resize(int width, int height, Extent back)
        : this(width, height)
    {
        _stepX = (float)back.Width / width;
        _stepY = (float)back.Height / height;
        _lastX = (int)back.Width - 1;
        _lastY = back.Height - 1;
    }

    public readonly Resize Complete(Extent back)
    {
        // Positions are binary32: beyond 2^20 pixels they would lose the fraction.
        if (width is < 1 or > 1 << 20 || height is < 1 or > 1 << 20 || back.Width is < 1 or > 1 << 20 || back.Height is < 1 or > 1 << 20)
            throw new ArgumentException($"resizing {back.Width}x{back.Height} to {width}x{height}: sides are 1 to {1 << 20}");
        return new(width, height, back);
    }

    public readonly Extent Over(Extent back) => new(width, height, back.Planes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void IReadBack<Resize>.Enter<TBack>(int y, int z, ref TBack back)
    {
        (_upper, _lower, _fraction) = Position(y, _stepY, _lastY);
        _plane = z;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    readonly T IReadBack<Resize>.Read<T, TBack>(long x, ref TBack back)
    {
        var (upper, lower) = (back, back);
        upper.Enter(_upper, _plane);
        lower.Enter(_lower, _plane);

        // The points of a row's lanes lie anywhere, so they are pulled one by one.
        Unsafe.SkipInit(out LaneBuffer lanes);
        for (var i = 0; i < T.Count; i++)
        {
            var (x0, x1, fraction) = Position(x + i, _stepX, _lastX);
            var above = Between(Pull(ref upper, x0), Pull(ref upper, x1), fraction);
            var below = Between(Pull(ref lower, x0), Pull(ref lower, x1), fraction);
            lanes[i] = Between(above, below, _fraction);
        }

        return T.Load((float*)&lanes);
    }

    /// <summary>The two source positions beside a point, and how far it is from the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (int First, int Second, float Fraction) Position(long index, float step, int last)
    {
        var position = Math.Clamp(MathF.FusedMultiplyAdd(index + 0.5f, step, -0.5f), 0, last);
        var first = (int)position;
        return (first, Math.Min(first + 1, last), position - first);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Pull<TBack>(ref TBack row, int x)
        where TBack : unmanaged, IRead => row.Read<Lanes1>(x).Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Between(float a, float b, float fraction) => MathF.FusedMultiplyAdd(b - a, fraction, a);
}

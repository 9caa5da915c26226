namespace Kvasir.Numerics.Lanes;

/// <summary>
/// Sixteen binary32 lanes, or a single one (<see cref="Lanes1"/>). Kernels are written once over this; the runtime specialises them for
/// each width. Every operation is IEEE exact per lane, so neither the width nor the number of lanes changes a bit. Pointers are to as
/// many elements as there are lanes, with no alignment.
/// </summary>
public unsafe interface ILanes<T>
    where T : unmanaged, ILanes<T>
{
    /// <summary>Lanes: 16 or 1.</summary>
    static abstract int Count { get; }

    static abstract T operator +(T a, T b);

    static abstract T operator -(T a, T b);

    static abstract T operator *(T a, T b);

    static abstract T operator /(T a, T b);

    static abstract T Broadcast(float value);

    static abstract T Load(float* source);

    static abstract void Store(T value, float* destination);

    /// <summary>
    /// Stores past the caches, to a multiple of 64 bytes if there are sixteen lanes. Other threads may read it after
    /// <c>Sse.StoreFence</c> or its like.
    /// </summary>
    static abstract void StoreStreaming(T value, float* destination);

    /// <summary>a * b + c, rounded once.</summary>
    static abstract T Fma(T a, T b, T c);

    /// <summary>a &gt; b ? a : b.</summary>
    static abstract T Max(T a, T b);

    /// <summary>a &lt; b ? x : y.</summary>
    static abstract T SelectLess(T a, T b, T x, T y);

    /// <summary>Binary16 values, widened exactly.</summary>
    static abstract T LoadHalf(ushort* source);

    /// <summary>Bfloat16 values, widened exactly.</summary>
    static abstract T LoadBFloat(ushort* source);

    /// <summary>Signed bytes.</summary>
    static abstract T LoadSByte(sbyte* source);

    /// <summary>Unsigned bytes.</summary>
    static abstract T LoadByte(byte* source);

    /// <summary>Some bits of bytes: <c>(byte &gt;&gt; shift) &amp; mask</c>.</summary>
    static abstract T LoadBits(byte* source, int shift, int mask);

    /// <summary>2^n for lanes that hold 12582912 + n, n in [-126, 127].</summary>
    static abstract T PowerOfTwo(T shifted);

    /// <summary>The lanes' values added in a fixed tree: of sixteen, i and i + 8, then i and i + 4, 2, 1.</summary>
    static abstract float Sum(T value);

    /// <summary>The largest of the lanes' values.</summary>
    static abstract float Largest(T value);

    /// <summary>Widens <paramref name="count"/> binary16 values, a multiple of <see cref="Count"/>.</summary>
    static abstract void WidenHalves(ushort* from, float* to, int count);
}

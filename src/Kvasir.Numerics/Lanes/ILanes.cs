namespace Kvasir.Numerics.Lanes;

/// <summary>
/// Sixteen binary32 lanes. Kernels are written once over this; the runtime specialises them for each width. Every operation is IEEE
/// exact per lane, so the width does not change a bit.
/// </summary>
internal unsafe interface ILanes<T>
    where T : unmanaged, ILanes<T>
{
    static abstract T operator +(T a, T b);

    static abstract T operator -(T a, T b);

    static abstract T operator *(T a, T b);

    static abstract T operator /(T a, T b);

    static abstract T Broadcast(float value);

    static abstract T Load(float* source);

    static abstract void Store(T value, float* destination);

    /// <summary>a * b + c, rounded once.</summary>
    static abstract T Fma(T a, T b, T c);

    /// <summary>a &gt; b ? a : b.</summary>
    static abstract T Max(T a, T b);

    /// <summary>a &lt; b ? x : y.</summary>
    static abstract T SelectLess(T a, T b, T x, T y);

    /// <summary>Sixteen binary16 values, widened exactly.</summary>
    static abstract T LoadHalf(ushort* source);

    /// <summary>Sixteen bfloat16 values, widened exactly.</summary>
    static abstract T LoadBFloat(ushort* source);

    /// <summary>Sixteen signed bytes.</summary>
    static abstract T LoadSByte(sbyte* source);

    /// <summary>2^n for lanes that hold 12582912 + n, n in [-126, 127].</summary>
    static abstract T PowerOfTwo(T shifted);

    /// <summary>The sixteen values added in a fixed tree: i and i + 8, then i and i + 4, 2, 1.</summary>
    static abstract float Sum(T value);

    /// <summary>The largest of the sixteen values.</summary>
    static abstract float Largest(T value);

    /// <summary>Widens <paramref name="count"/> binary16 values, a multiple of 16.</summary>
    static abstract void WidenHalves(ushort* from, float* to, int count);
}

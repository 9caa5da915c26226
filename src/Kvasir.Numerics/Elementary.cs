using System.Numerics;
using System.Runtime.CompilerServices;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics;

/// <summary>
/// Elementary functions from IEEE additions, multiplications, divisions and fused multiply-adds only: the same bits on every machine
/// and in every lane width (numerics contract, rule 3).
/// </summary>
public static class Elementary
{
    private const float Log2E = 1.44269504f;
    private const float Ln2High = 0.693145752f;
    private const float Ln2Low = 1.42860677e-6f;
    private const float Shift = 12582912f;
    private const float ExpLowest = -87.33654f;
    private const float ExpHighest = 88.37626f;

    /// <summary>e^x within 2 ulp; 0 below -87.34, about 2.4e38 above 88.37.</summary>
    public static float Exp(float x)
    {
        // x = n ln 2 + r; the addition of 1.5 * 2^23 rounds n to an integer that then lies in the low bits.
        var clamped = x > ExpHighest ? ExpHighest : x < ExpLowest ? ExpLowest : x;
        var shifted = MathF.FusedMultiplyAdd(clamped, Log2E, Shift);
        var n = shifted - Shift;
        var r = MathF.FusedMultiplyAdd(n, -Ln2High, clamped);
        r = MathF.FusedMultiplyAdd(n, -Ln2Low, r);
        var p = MathF.FusedMultiplyAdd(r, 1.3888889e-3f, 8.3333333e-3f);
        p = MathF.FusedMultiplyAdd(p, r, 4.1666667e-2f);
        p = MathF.FusedMultiplyAdd(p, r, 1.6666667e-1f);
        p = MathF.FusedMultiplyAdd(p, r, 0.5f);
        p = MathF.FusedMultiplyAdd(p, r, 1f);
        p = MathF.FusedMultiplyAdd(p, r, 1f);
        var scale = BitConverter.Int32BitsToSingle((BitConverter.SingleToInt32Bits(shifted) << 23) + 0x3F80_0000);
        return x < ExpLowest ? 0 : p * scale;
    }

    /// <summary>x / (1 + e^-x).</summary>
    public static float Silu(float x) => x / (1 + Exp(0 - x));

    /// <summary>Natural logarithm of a positive, normal number, within 2 ulp.</summary>
    public static double Log(double x)
    {
        var bits = BitConverter.DoubleToInt64Bits(x);
        var exponent = (int)(bits >> 52) - 1023;
        var mantissa = BitConverter.Int64BitsToDouble((bits & 0x000F_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000);
        if (mantissa > 1.4142135623730951)
        {
            mantissa *= 0.5;
            exponent++;
        }

        // ln m = 2 artanh s with s = (m - 1) / (m + 1), |s| < 0.1716: the series to s^21 is below 2^-60.
        var s = (mantissa - 1) / (mantissa + 1);
        var square = s * s;
        var series = 1.0 / 21;
        for (var odd = 19; odd >= 1; odd -= 2)
            series = (series * square) + (1.0 / odd);
        return (exponent * 0.6931471805599453) + (2 * s * series);
    }

    /// <summary>e^x in double precision for |x| below 700, within a few ulp.</summary>
    public static double Exp(double x)
    {
        var n = (int)(x * 1.4426950408889634 + (x < 0 ? -0.5 : 0.5));
        var r = x - (n * 0.6931471803691238);
        r -= n * 1.9082149292705877e-10;
        var sum = 1.0;
        for (var k = 14; k >= 1; k--)
            sum = 1 + (sum * r / k);
        return sum * BitConverter.Int64BitsToDouble((long)(n + 1023) << 52);
    }

    /// <summary>Positive base to a power.</summary>
    public static double Pow(double value, double exponent) => Exp(exponent * Log(value));

    /// <summary>Sine and cosine of an angle below about 10^9 radians in magnitude, within about 10^-15.</summary>
    public static (double Sin, double Cos) SinCos(double angle)
    {
        // Reduced by multiples of pi/2 in three parts (Cody and Waite), then Taylor series on [-pi/4, pi/4].
        var quadrant = (long)(angle * 0.6366197723675814 + (angle < 0 ? -0.5 : 0.5));
        var r = Math.FusedMultiplyAdd(quadrant, -1.5707963267948966, angle);
        r = Math.FusedMultiplyAdd(quadrant, -6.123233995736766e-17, r);
        var square = r * r;
        var sin = 1.0;
        for (var k = 18; k >= 2; k -= 2)
            sin = 1 - (sin * square / (k * (k + 1)));
        sin *= r;
        var cos = 1.0;
        for (var k = 17; k >= 1; k -= 2)
            cos = 1 - (cos * square / (k * (k + 1)));
        return (quadrant & 3) switch
        {
            0 => (sin, cos),
            1 => (cos, -sin),
            2 => (-sin, -cos),
            _ => (-cos, sin),
        };
    }

    /// <summary><see cref="Exp(float)"/> in lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Exp<T>(T x)
        where T : unmanaged, ILanes<T>
    {
        var lowest = T.Broadcast(ExpLowest);
        var highest = T.Broadcast(ExpHighest);
        var clamped = T.SelectLess(highest, x, highest, T.SelectLess(x, lowest, lowest, x));
        var shift = T.Broadcast(Shift);
        var shifted = T.Fma(clamped, T.Broadcast(Log2E), shift);
        var n = shifted - shift;
        var r = T.Fma(n, T.Broadcast(-Ln2High), clamped);
        r = T.Fma(n, T.Broadcast(-Ln2Low), r);
        var one = T.Broadcast(1f);
        var p = T.Fma(r, T.Broadcast(1.3888889e-3f), T.Broadcast(8.3333333e-3f));
        p = T.Fma(p, r, T.Broadcast(4.1666667e-2f));
        p = T.Fma(p, r, T.Broadcast(1.6666667e-1f));
        p = T.Fma(p, r, T.Broadcast(0.5f));
        p = T.Fma(p, r, one);
        p = T.Fma(p, r, one);
        return T.SelectLess(x, lowest, T.Broadcast(0f), p * T.PowerOfTwo(shifted));
    }

    /// <summary><see cref="Exp(float)"/> in the machine's vectors.</summary>
    public static Vector<float> Exp(Vector<float> x)
    {
        var lowest = new Vector<float>(ExpLowest);
        var clamped = Vector.ConditionalSelect(Vector.GreaterThan(x, new Vector<float>(ExpHighest)), new Vector<float>(ExpHighest), Vector.ConditionalSelect(Vector.LessThan(x, lowest), lowest, x));
        var shifted = Vector.FusedMultiplyAdd(clamped, new Vector<float>(Log2E), new Vector<float>(Shift));
        var n = shifted - new Vector<float>(Shift);
        var r = Vector.FusedMultiplyAdd(n, new Vector<float>(-Ln2High), clamped);
        r = Vector.FusedMultiplyAdd(n, new Vector<float>(-Ln2Low), r);
        var p = Vector.FusedMultiplyAdd(r, new Vector<float>(1.3888889e-3f), new Vector<float>(8.3333333e-3f));
        p = Vector.FusedMultiplyAdd(p, r, new Vector<float>(4.1666667e-2f));
        p = Vector.FusedMultiplyAdd(p, r, new Vector<float>(1.6666667e-1f));
        p = Vector.FusedMultiplyAdd(p, r, new Vector<float>(0.5f));
        p = Vector.FusedMultiplyAdd(p, r, Vector<float>.One);
        p = Vector.FusedMultiplyAdd(p, r, Vector<float>.One);
        var scale = Vector.AsVectorSingle((Vector.AsVectorInt32(shifted) << 23) + new Vector<int>(0x3F80_0000));
        return Vector.ConditionalSelect(Vector.LessThan(x, lowest), Vector<float>.Zero, p * scale);
    }

    /// <summary><see cref="Silu(float)"/> in lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Silu<T>(T x)
        where T : unmanaged, ILanes<T> => x / (T.Broadcast(1f) + Exp(T.Broadcast(0f) - x));

    /// <summary>Hyperbolic tangent, within 2e-7; the same in every lane width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Tanh<T>(T x)
        where T : unmanaged, ILanes<T>
    {
        // Near 0 the series x - x³/3 + 2x⁵/15 - 17x⁷/315 + 62x⁹/2835; elsewhere (1 - t) / (1 + t) with t = e^(-2|x|).
        var zero = T.Broadcast(0f);
        var one = T.Broadcast(1f);
        var size = T.Max(x, zero - x);
        var square = x * x;
        var series = T.Fma(square, T.Broadcast(0.0218694885f), T.Broadcast(-0.0539682540f));
        series = T.Fma(series, square, T.Broadcast(0.133333333f));
        series = T.Fma(series, square, T.Broadcast(-0.333333333f));
        series = T.Fma(series * square, x, x);
        var t = Exp(T.Broadcast(-2f) * size);
        var far = (one - t) / (one + t);
        return T.SelectLess(size, T.Broadcast(0.25f), series, T.SelectLess(x, zero, zero - far, far));
    }

    /// <summary>Error function, within 3e-7; the same in every lane width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Erf<T>(T x)
        where T : unmanaged, ILanes<T>
    {
        // Up to 1 the Taylor series, beyond it 1 - p(1 / (1 + 0.3275911 x)) e^(-x²) (Abramowitz and Stegun 7.1.26).
        var zero = T.Broadcast(0f);
        var one = T.Broadcast(1f);
        var size = T.Max(x, zero - x);
        var square = x * x;
        var series = T.Fma(square, T.Broadcast(-1.2290555e-9f), T.Broadcast(1.4807193e-8f));
        series = T.Fma(series, square, T.Broadcast(-1.6365844e-7f));
        series = T.Fma(series, square, T.Broadcast(1.6462115e-6f));
        series = T.Fma(series, square, T.Broadcast(-1.4925651e-5f));
        series = T.Fma(series, square, T.Broadcast(1.2055332e-4f));
        series = T.Fma(series, square, T.Broadcast(-8.5483270e-4f));
        series = T.Fma(series, square, T.Broadcast(5.2239776e-3f));
        series = T.Fma(series, square, T.Broadcast(-2.6866171e-2f));
        series = T.Fma(series, square, T.Broadcast(1.1283792e-1f));
        series = T.Fma(series, square, T.Broadcast(-3.7612639e-1f));
        series = T.Fma(series, square, T.Broadcast(1.1283792f)) * x;
        var k = one / T.Fma(T.Broadcast(0.3275911f), size, one);
        var p = T.Fma(k, T.Broadcast(1.061405429f), T.Broadcast(-1.453152027f));
        p = T.Fma(p, k, T.Broadcast(1.421413741f));
        p = T.Fma(p, k, T.Broadcast(-0.284496736f));
        p = T.Fma(p, k, T.Broadcast(0.254829592f));
        var far = one - (p * k * Exp(zero - square));
        return T.SelectLess(size, one, series, T.SelectLess(x, zero, zero - far, far));
    }
}

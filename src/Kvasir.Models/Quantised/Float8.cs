namespace Kvasir.Models;

/// <summary>The 8-bit floating-point numbers of the OCP OFP8 specification: E4M3 (no infinities, one NaN a sign) and E5M2.</summary>
internal static class Float8
{
    private static readonly float[] E4M3 = Table(mantissaBits: 3, bias: 7, isNan: bits => (bits & 127) == 127, hasInfinity: false);

    private static readonly float[] E5M2 = Table(mantissaBits: 2, bias: 15, isNan: bits => (bits & 127) > 124, hasInfinity: true);

    /// <summary>The values of all 256 bytes.</summary>
    /// <param name="kind">As safetensors names it.</param>
    public static ReadOnlySpan<float> Values(string kind) => kind == "F8_E4M3" ? E4M3 : E5M2;

    private static float[] Table(int mantissaBits, int bias, Func<int, bool> isNan, bool hasInfinity)
    {
        var values = new float[256];
        int ones = 1 << mantissaBits;
        for (int bits = 0; bits < 256; bits++)
        {
            int exponent = (bits & 127) >> mantissaBits, mantissa = bits & (ones - 1);
            double magnitude = exponent == 0
                ? Math.ScaleB(mantissa, 1 - bias - mantissaBits)
                : Math.ScaleB(ones + mantissa, exponent - bias - mantissaBits);
            if (hasInfinity && (bits & 127) == 124)
                magnitude = double.PositiveInfinity;
            values[bits] = isNan(bits) ? float.NaN : (float)(bits < 128 ? magnitude : -magnitude);
        }

        return values;
    }
}

using Kvasir.Numerics;

namespace Kvasir.Engine.Loading;

/// <summary>
/// The slopes of ALiBi (Press et al. 2022): a geometric sequence for a power of two of heads; for other numbers the largest power of two
/// below, and every other slope of twice as many.
/// </summary>
internal static class AlibiSlopes
{
    public static float[] For(int heads)
    {
        var power = 1;
        while (2 * power <= heads)
            power *= 2;
        return [.. Enumerable.Range(1, power).Select(i => Slope(power, i)), .. Enumerable.Range(0, heads - power).Select(i => Slope(2 * power, (2 * i) + 1))];

        // 2^(-8 i / count), from exact halvings and square roots.
        static float Slope(int count, int i) => (float)Elementary.Pow(2, -8.0 * i / count);
    }
}

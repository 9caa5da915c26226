namespace Kvasir.Numerics.Tests;

/// <summary>Against the runtime's functions in double precision; kernels may not use those, tests may.</summary>
public sealed class ElementaryTests
{
    [Fact]
    public void Exp_IsWithinThreeUlp()
    {
        double worst = 0;
        float at = 0;
        for (float x = -87.3f; x < 88.3f; x += 0.000731f)
            (worst, at) = Worse(worst, at, x, Elementary.Exp(x), Math.Exp(x));
        Assert.True(worst <= 3, $"{worst} ulp at {at:R}");
    }

    [Fact]
    public void ExpOfAVector_HasTheBitsOfEachNumbers()
    {
        for (float x = -100f; x < 100f; x += 0.00731f)
            Assert.Equal(Elementary.Exp(x), Elementary.Exp(new System.Numerics.Vector<float>(x))[0]);
        Assert.True(float.IsNaN(Elementary.Exp(new System.Numerics.Vector<float>(float.NaN))[0]));
    }

    [Fact]
    public void Exp_HasTheLimitsThatSoftmaxNeeds()
    {
        Assert.Equal(1f, Elementary.Exp(0f));
        Assert.Equal(1f, Elementary.Exp(-0f));
        Assert.Equal(0f, Elementary.Exp(float.NegativeInfinity));
        Assert.Equal(0f, Elementary.Exp(-1000f));
        Assert.True(Elementary.Exp(100f) > 2e38f);
        Assert.True(float.IsNaN(Elementary.Exp(float.NaN)));
    }

    [Fact]
    public void Exp_Rises()
    {
        float previous = 0;
        for (float x = -87.3f; x < 88.3f; x += 0.01f)
        {
            float value = Elementary.Exp(x);
            Assert.True(value >= previous, $"exp falls at {x:R}");
            previous = value;
        }
    }

    [Fact]
    public void Silu_IsWithinFiveUlp()
    {
        double worst = 0;
        float at = 0;
        for (float x = -80f; x < 80f; x += 0.000917f)
            (worst, at) = Worse(worst, at, x, Elementary.Silu(x), x / (1 + Math.Exp(-(double)x)));
        Assert.True(worst <= 5, $"{worst} ulp at {at:R}");
    }

    [Theory]
    [InlineData(1e-300)]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(1.41421356)]
    [InlineData(1.41421357)]
    [InlineData(3)]
    [InlineData(1e9)]
    [InlineData(1e300)]
    public void Log_OfADouble_IsWithin1e15(double x)
    {
        double expected = Math.Log(x);
        Assert.InRange(Elementary.Log(x), expected - (1e-15 * Math.Max(1, Math.Abs(expected))), expected + (1e-15 * Math.Max(1, Math.Abs(expected))));
    }

    [Fact]
    public void SinCos_AreWithin1e15_AtEveryAngleOfALongContext()
    {
        var random = new Random(3);
        for (int i = 0; i < 200_000; i++)
        {
            double angle = (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-3, 7));
            var (sin, cos) = Elementary.SinCos(angle);
            Assert.True(Math.Abs(sin - Math.Sin(angle)) <= 1e-15 && Math.Abs(cos - Math.Cos(angle)) <= 1e-15, $"angle {angle:R}");
        }
    }

    [Fact]
    public void SinCos_AtZero_IsExact() => Assert.Equal((0.0, 1.0), Elementary.SinCos(0));

    private static (double Worst, float At) Worse(double worst, float at, float x, float actual, double expected)
    {
        float near = (float)expected;
        double ulp = Math.Abs((double)MathF.BitIncrement(MathF.Abs(near)) - MathF.Abs(near));
        double error = Math.Abs(actual - expected) / ulp;
        return error > worst ? (error, x) : (worst, at);
    }
}

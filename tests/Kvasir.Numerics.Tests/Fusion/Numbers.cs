using Kvasir.Numerics.Fusion;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Tests.Fusion;

/// <summary>Inputs of chains, comparisons of bits, and every way to run a kernel on one thread.</summary>
internal static unsafe class Numbers
{
    public static float[] Random(int count, int seed)
    {
        var random = new Random(seed);
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = ((random.NextSingle() - 0.5f) * 20f) + (i % 7 == 0 ? 1e-3f : 0f);
        return values;
    }

    public static void Equal(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string where)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(
                BitConverter.SingleToInt32Bits(expected[i]) == BitConverter.SingleToInt32Bits(actual[i]),
                $"{where}: element {i} is {actual[i]:R} instead of {expected[i]:R}");
        }
    }

    /// <summary>Runs the kernel in every lane width, the scalar one included; each time <paramref name="check"/> looks at the result.</summary>
    public static void InAllWidths<TKernel>(TKernel kernel, Span<float> output, Action<string> check)
        where TKernel : unmanaged, IKernel
    {
        Run<TKernel, Lanes1>(kernel, output, check);
        Run<TKernel, Lanes128>(kernel, output, check);
        Run<TKernel, Lanes256>(kernel, output, check);
        Run<TKernel, Lanes512>(kernel, output, check);
    }

    private static void Run<TKernel, T>(TKernel kernel, Span<float> output, Action<string> check)
        where TKernel : unmanaged, IKernel
        where T : unmanaged, ILanes<T>
    {
        output.Fill(float.NaN);
        kernel.Run<T>(Region.Of(kernel.Extent));
        check(typeof(T).Name);
    }
}

using Kvasir.Compute.Tests.Oracle;
using Kvasir.Numerics;
using Kvasir.Numerics.Attention;

namespace Kvasir.Compute.Tests;

/// <summary>A planted fault must break the contract that it is named after; otherwise the fuzzer's sabotage proves nothing.</summary>
public sealed unsafe class KernelFaultTests
{
    [Theory]
    [InlineData(DataType.F32)]
    [InlineData(DataType.Q8_0)]
    public void SplitK_ChangesALoneRow_AndNoRowOfABatch(DataType type)
    {
        const int N = 64, K = 256;
        using var weights = Weights.Random(type, N, K, seed: 1);
        var x = new float[2 * K];
        var random = new Random(2);
        for (int i = 0; i < x.Length; i++)
            x[i] = random.NextSingle() - 0.5f;
        using var sound = new CpuBackend(new CpuBackendOptions { Threads = 1 });
        using var faulty = new CpuBackend(new CpuBackendOptions { Threads = 1, Fault = KernelFault.SplitK });
        Assert.Equal(Multiply(sound, weights, x, 2), Multiply(faulty, weights, x, 2));
        Assert.NotEqual(Multiply(sound, weights, x, 1), Multiply(faulty, weights, x, 1));
    }

    [Fact]
    public void TileByBatch_ChangesAttentionWithTheSizeOfTheBatch()
    {
        using var faulty = new CpuBackend(new CpuBackendOptions { Threads = 1, Fault = KernelFault.TileByBatch });
        Assert.True(FindsADifference(faulty, (drawn, pages) =>
        {
            int width = drawn.QueryHeads * drawn.Layout.HeadDim;
            var together = drawn.Run(faulty, pages, [.. Enumerable.Range(0, drawn.Queries.Length)]).Output;
            return !together.AsSpan(0, width).SequenceEqual(drawn.Run(faulty, pages, 0).Output);
        }));
    }

    [Fact]
    public void StaleTail_LetsALoneRowSeeWhatItMustNot()
    {
        using var sound = new CpuBackend(new CpuBackendOptions { Threads = 1 });
        using var faulty = new CpuBackend(new CpuBackendOptions { Threads = 1, Fault = KernelFault.StaleTail });
        Assert.True(FindsADifference(faulty, (drawn, pages) =>
        {
            int last = drawn.Queries.Length - 1;
            var expected = drawn.Run(sound, pages, last).Output;
            bool differs = !expected.AsSpan().SequenceEqual(drawn.Run(faulty, pages, last).Output);
            Assert.Equal(expected, drawn.Run(sound, pages, last).Output); // the caller's segments are as they were
            return differs;
        }));
    }

    [Fact]
    public void RopeOffByOne_ChangesChunksThatDoNotStartAtZero()
    {
        using var table = new RopeTable([1.0, 0.3], 64);
        using var sound = new CpuBackend(new CpuBackendOptions { Threads = 1 });
        using var faulty = new CpuBackend(new CpuBackendOptions { Threads = 1, Fault = KernelFault.RopeOffByOne });
        Assert.Equal(Rotate(sound, table, [0, 1]), Rotate(faulty, table, [0, 1]));
        Assert.NotEqual(Rotate(sound, table, [5, 6]), Rotate(faulty, table, [5, 6]));
    }

    private static bool FindsADifference(CpuBackend writer, Func<AttentionCase, KvPages, bool> differs)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            using var drawn = new AttentionCase(seed, KvDataType.F32, plain: true);
            using var pages = KvPages.Lay(writer, drawn.Rows, drawn.Layout, new Random(seed), aligned: true);
            if (differs(drawn, pages))
                return true;
        }

        return false;
    }

    private static float[] Multiply(CpuBackend backend, Weights weights, float[] x, int rows)
    {
        using var packed = backend.Pack([weights.Source]);
        var y = new float[rows * packed.N];
        fixed (float* px = x, py = y)
            backend.MatMul(px, rows, packed, py);
        return y;
    }

    private static float[] Rotate(CpuBackend backend, RopeTable table, int[] positions)
    {
        float[] x = [.. Enumerable.Range(1, positions.Length * 4).Select(i => (float)i)];
        fixed (float* px = x)
            backend.Rope(px, positions.Length, 4, 1, 4, table, positions);
        return x;
    }
}

using Kvasir.Compute.Tests.Oracle;
using Kvasir.Numerics;

namespace Kvasir.Compute.Tests;

public sealed unsafe class MatMulTests
{
    public static TheoryData<DataType> Types =>
    [
        DataType.F32, DataType.F16, DataType.BF16, DataType.Q8_0, DataType.Q4_0, DataType.Q4_1, DataType.Q5_0, DataType.Q5_1,
        DataType.Q4_K, DataType.Q5_K, DataType.Q6_K, DataType.Q2_K, DataType.Q3_K, DataType.IQ4_NL, DataType.IQ4_XS, DataType.MXFP4,
    ];

    [Theory]
    [MemberData(nameof(Types))]
    public void EveryPath_EqualsTheScalarContract_BitForBit(DataType type)
    {
        (int Rows, int N, int K)[] shapes = [(1, 1, 32), (1, 33, 96), (2, 16, 64), (3, 50, 32), (4, 17, 160), (5, 32, 128), (7, 100, 352), (9, 64, 64), (33, 40, 96), (14, 45, 4256)];
        foreach (var (rows, n, k) in shapes)
            Check(type, rows, n, Fit(type, k), wild: false);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void ExtremeLevelsAndActivations_AreExact(DataType type) => Check(type, 6, 48, Fit(type, 192), wild: true);

    [Theory]
    [InlineData(DataType.F32)]
    [InlineData(DataType.F16)]
    [InlineData(DataType.BF16)]
    public void FloatTypes_TakeAnyK(DataType type)
    {
        foreach (int k in new[] { 1, 2, 15, 17, 31, 33, 100 })
            Check(type, 5, 35, k, wild: false);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void ARowsResult_DoesNotDependOnItsBatch(DataType type)
    {
        const int Rows = 13, N = 70;
        int K = Fit(type, 96);
        using var weights = Weights.Random(type, N, K, seed: 5);
        var x = Activations(Rows, K, seed: 6);
        Backends.ForAll((backend, where) =>
        {
            using var packed = backend.Pack([weights.Source]);
            var together = Multiply(backend, packed, x, Rows);
            for (int row = 0; row < Rows; row++)
            {
                var alone = Multiply(backend, packed, x.AsSpan(row * K, K).ToArray(), 1);
                Bits.Equal(together.AsSpan(row * N, N), alone, $"{type}, row {row}, {where}");
            }
        });
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Results_AreCloseToADoubleSum(DataType type)
    {
        const int N = 40;
        int K = Fit(type, 576);
        using var weights = Weights.Random(type, N, K, seed: 8);
        var x = Activations(3, K, seed: 9, extremes: false);
        var w = new float[K];
        Backends.Best(backend =>
        {
            using var packed = backend.Pack([weights.Source]);
            var y = Multiply(backend, packed, x, 3);
            for (int row = 0; row < 3; row++)
            {
                for (int n = 0; n < N; n++)
                {
                    BlockCodec.DecodeRow(type, weights.Row(n), w);
                    double exact = 0, size = 0;
                    for (int k = 0; k < K; k++)
                    {
                        exact += (double)x[(row * K) + k] * w[k];
                        size += Math.Pow((double)x[(row * K) + k] * w[k], 2);
                    }

                    // Quantised activations are off by up to half a step of 1/127 of the block's largest, at random.
                    double tolerance = type.IsQuantized ? 0.05 * Math.Sqrt(size) : 1e-5 * Math.Sqrt(size);
                    Assert.True(Math.Abs(y[(row * N) + n] - exact) <= tolerance + 1e-12, $"{type} [{row},{n}]: {y[(row * N) + n]} against {exact}");
                }
            }
        });
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void AValueThatIsNotFinite_ShowsInItsRow_AndInNoOther(DataType type)
    {
        const int Rows = 5, N = 40;
        int K = Fit(type, 64);
        using var weights = Weights.Random(type, N, K, seed: 5);
        foreach (float bad in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            var x = Activations(Rows, K, seed: 6);
            var clean = Expected(x, Rows, K, weights);
            x[(2 * K) + 33] = bad;
            Backends.ForAll((backend, where) =>
            {
                using var packed = backend.Pack([weights.Source]);
                var y = Multiply(backend, packed, x, Rows);
                Assert.All(y[(2 * N)..(3 * N)], value => Assert.False(float.IsFinite(value), $"{type}, {bad}, {where}"));
                Bits.Equal(clean.AsSpan(0, 2 * N), y.AsSpan(0, 2 * N), where);
                Bits.Equal(clean.AsSpan(3 * N), y.AsSpan(3 * N), where);
            });
        }
    }

    [Fact]
    public void StackedMatrices_GiveTheColumnsOfEach_AlsoWhenTypesDiffer()
    {
        const int K = 64;
        using var a = Weights.Random(DataType.Q8_0, 20, K, seed: 1);
        using var b = Weights.Random(DataType.Q8_0, 9, K, seed: 2);
        using var c = Weights.Random(DataType.Q5_1, 31, K, seed: 3);
        using var d = Weights.Random(DataType.F16, 3, K, seed: 4);
        var x = Activations(5, K, seed: 5);
        Backends.ForAll((backend, where) =>
        {
            using var packed = backend.Pack([a.Source, b.Source, c.Source, d.Source]);
            Assert.Equal((63, K), (packed.N, packed.K));
            Bits.Equal(Expected(x, 5, K, a, b, c, d), Multiply(backend, packed, x, 5), where);
        });
    }

    [Fact]
    public void RowOrder_Permutes()
    {
        int[] order = [3, 0, 4, 1, 2];
        using var weights = Weights.Random(DataType.Q4_0, 5, 64, seed: 3, order: order);
        var x = Activations(1, 64, seed: 4);
        Backends.ForAll((backend, where) =>
        {
            using var packed = backend.Pack([weights.Source]);
            Bits.Equal(Expected(x, 1, 64, weights), Multiply(backend, packed, x, 1), where);
        });
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void PackedWeights_TakeAboutTheBytesOfTheFile(DataType type)
    {
        using var weights = Weights.Random(type, 320, Fit(type, 576), seed: 1);
        Backends.Best(backend =>
        {
            using var packed = backend.Pack([weights.Source]);

            // Scales take a byte (of 16 or 32 weights) where the file has four or six bits, and MXFP4's sixteen bits where it has eight.
            double more = type switch { DataType.Q2_K => 1.2, DataType.IQ4_XS => 1.08, DataType.MXFP4 => 1.06, DataType.Q3_K => 1.04, _ => 1.03 };
            Assert.InRange(packed.Bytes, 320L * weights.RowBytes, (long)(more * 320 * weights.RowBytes));
        });
    }

    [Fact]
    public void MatricesThatDifferInK_AreRefused()
    {
        using var a = Weights.Random(DataType.F32, 4, 64, seed: 1);
        using var b = Weights.Random(DataType.F32, 4, 32, seed: 1);
        Backends.Best(backend =>
        {
            Assert.Throws<ArgumentException>(() => backend.Pack([a.Source, b.Source]));
            Assert.Throws<ArgumentException>(() => backend.Pack([]));
            Assert.Throws<ArgumentException>(() => backend.Pack([a.Source with { Type = DataType.Q8_0, Columns = 48 }]));
        });
    }

    /// <summary>A K that divides into the type's blocks.</summary>
    private static int Fit(DataType type, int k) => (k + type.BlockSize - 1) / type.BlockSize * type.BlockSize;

    private static void Check(DataType type, int rows, int n, int k, bool wild)
    {
        using var weights = Weights.Random(type, n, k, seed: (rows * 1000) + n + k, wild);
        var x = Activations(rows, k, seed: n);
        var expected = Expected(x, rows, k, weights);
        Backends.ForAll((backend, where) =>
        {
            using var packed = backend.Pack([weights.Source]);
            Bits.Equal(expected, Multiply(backend, packed, x, rows), $"{type} {rows}x{n}x{k}, {where}");
        });
    }

    private static float[] Expected(float[] x, int rows, int k, params Weights[] stacked)
    {
        var y = new List<float>();
        for (int row = 0; row < rows; row++)
        {
            foreach (var weights in stacked)
            {
                for (int n = 0; n < weights.Source.Rows; n++)
                    y.Add(ScalarOps.Dot(weights.Source.Type, x.AsSpan(row * k, k), weights.Row(n)));
            }
        }

        return [.. y];
    }

    private static float[] Multiply(CpuBackend backend, PackedMatrix packed, float[] x, int rows)
    {
        var y = new float[rows * packed.N + 8];
        y.AsSpan().Fill(-77f);
        fixed (float* px = x, py = y)
            backend.MatMul(px, rows, packed, py);
        Assert.All(y[^8..], guard => Assert.Equal(-77f, guard));
        return y[..^8];
    }

    /// <summary>Rows with blocks of zeros, of equal extremes, of tiny and of denormal values among ordinary ones.</summary>
    private static float[] Activations(int rows, int k, int seed, bool extremes = true)
    {
        var random = new Random(seed);
        var x = new float[rows * k];
        for (int i = 0; i < x.Length; i++)
        {
            float value = (random.NextSingle() - 0.5f) * 8f;
            x[i] = !extremes ? value : (i / 32 % 9) switch
            {
                2 => 0f,
                4 => random.Next(2) == 0 ? 3.5f : -3.5f,
                6 => value * 1e-30f,
                7 => value * 1e-38f,
                8 => value * 1e-44f,
                5 => i % 3 == 0 ? 0f : value * 1e-37f,
                _ => value,
            };
        }

        return x;
    }
}

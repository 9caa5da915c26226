using Kvasir.Numerics;

namespace Kvasir.Models.Tests.Conversion;

public class RoundingTests
{
    private const int Columns = 256;

    public static TheoryData<DataType> Types => [DataType.Q8_0, DataType.Q4_0, DataType.Q4_1, DataType.Q5_0, DataType.Q5_1,
        DataType.Q2_K, DataType.Q3_K, DataType.Q4_K, DataType.Q5_K, DataType.Q6_K];

    [Theory]
    [MemberData(nameof(Types))]
    public void SearchedRounding_NeverHasMoreErrorThanTheNearest_AndUsuallyLess(DataType type)
    {
        var random = new Random(5);
        double searched = 0, nearest = 0;
        for (int r = 0; r < 50; r++)
        {
            var row = Row(random);
            double a = Error(row, Encode(new SearchedRounding(), type, row));
            double b = Error(row, Encode(new NearestRounding(), type, row));
            Assert.True(a <= b * 1.0001, $"seed 5, row {r}: {a} > {b}");
            searched += a;
            nearest += b;
        }

        Assert.True(searched < nearest * (type == DataType.Q8_0 ? 1 : 0.97), $"{searched} against {nearest}");
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Importance_LowersTheErrorWhereItIsHigh(DataType type)
    {
        var random = new Random(6);
        var statistics = new ActivationStatistics();
        var importance = Enumerable.Range(0, Columns).Select(i => i % 4 == 0 ? 100f : 0.1f).ToArray();
        statistics.SetImportance(WeightRole.Up, 0, importance);
        double with = 0, without = 0;
        for (int r = 0; r < 50; r++)
        {
            var row = Row(random);
            with += Error(row, Encode(new SearchedRounding(statistics), type, row), importance);
            without += Error(row, Encode(new SearchedRounding(), type, row), importance);
        }

        Assert.True(with < without, $"{with} against {without}");
    }

    [Theory]
    [InlineData(DataType.Q4_0)]
    [InlineData(DataType.Q4_1)]
    [InlineData(DataType.Q5_1)]
    [InlineData(DataType.Q3_K)]
    [InlineData(DataType.Q4_K)]
    public void Gptq_LowersTheErrorOfTheOutputs_OnCorrelatedInputs(DataType type)
    {
        var random = new Random(7);
        var hessian = CorrelatedHessian(random);
        var statistics = new ActivationStatistics();
        statistics.SetHessian(WeightRole.Up, 0, hessian);
        double gptq = 0, searched = 0;
        for (int r = 0; r < 40; r++)
        {
            var row = Row(random);
            gptq += OutputError(row, Encode(new GptqRounding(statistics), type, row), hessian);
            searched += OutputError(row, Encode(new SearchedRounding(statistics), type, row), hessian);
        }

        Assert.True(gptq < searched * 0.8, $"{gptq} against {searched}");
    }

    [Fact]
    public void Gptq_OnADiagonalHessian_IsTheSearchedRounding()
    {
        var random = new Random(8);
        var hessian = new float[Columns * Columns];
        for (int i = 0; i < Columns; i++)
            hessian[(i * Columns) + i] = 1 + (i % 3);
        var statistics = new ActivationStatistics();
        statistics.SetHessian(WeightRole.Up, 0, hessian);
        var row = Row(random);
        Assert.Equal(Encode(new SearchedRounding(statistics), DataType.Q5_0, row), Encode(new GptqRounding(statistics), DataType.Q5_0, row));
    }

    [Fact]
    public void TheFactor_IsThatOfTheInverse()
    {
        var random = new Random(9);
        var hessian = CorrelatedHessian(random);
        var factor = HessianFactor.Compute(hessian, Columns, 0.01)!;
        double mean = Enumerable.Range(0, Columns).Average(i => (double)hessian[(i * Columns) + i]);

        // (UᵀU)·(H + damping) must be the identity.
        var inverse = new double[Columns, Columns];
        for (int k = 0; k < Columns; k++)
        {
            var row = factor.Row(k);
            for (int i = k; i < Columns; i++)
            {
                for (int j = k; j < Columns; j++)
                    inverse[i, j] += row[i - k] * row[j - k];
            }
        }

        for (int i = 0; i < Columns; i += 17)
        {
            for (int j = 0; j < Columns; j++)
            {
                double sum = 0;
                for (int k = 0; k < Columns; k++)
                    sum += inverse[i, k] * (hessian[(k * Columns) + j] + (k == j ? 0.01 * mean : 0));
                Assert.Equal(i == j ? 1 : 0, sum, 1e-6);
            }
        }
    }

    [Fact]
    public void DeadAndDamagedHessians_FallBackToTheSearch()
    {
        var row = Row(new Random(10));
        foreach (float value in (float[])[0, float.NaN])
        {
            var hessian = new float[Columns * Columns];
            Array.Fill(hessian, value);
            var statistics = new ActivationStatistics();
            statistics.SetHessian(WeightRole.Up, 0, hessian);
            Assert.Equal(Encode(new SearchedRounding(), DataType.Q4_0, row), Encode(new GptqRounding(statistics), DataType.Q4_0, row));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void ConstantAndTinyBlocks_AreEncodedWithoutNaN(DataType type)
    {
        foreach (float value in (float[])[0, 1, -3, 1e-9f, 60000])
        {
            var row = new float[Columns];
            Array.Fill(row, value);
            foreach (float back in Encode(new SearchedRounding(), type, row))
                Assert.True(Math.Abs(back - value) <= Math.Max(Math.Abs(value) * 0.01f, 1e-6f), $"{value} became {back}");
        }
    }

    private static float[] Encode(IBlockRounding rounding, DataType type, float[] row)
    {
        var bytes = new byte[type.RowBytes(row.Length)];
        var back = new float[row.Length];
        rounding.ForMatrix(WeightRole.Up, 0, row.Length).EncodeRow(type, row, bytes);
        BlockCodec.DecodeRow(type, bytes, back);
        return back;
    }

    private static float[] Row(Random random)
    {
        var row = new float[Columns];
        for (int i = 0; i < Columns; i++)
            row[i] = (float)(random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5);
        return row;
    }

    private static float[] CorrelatedHessian(Random random)
    {
        var hessian = new float[Columns * Columns];
        var x = new float[Columns];
        for (int sample = 0; sample < 4 * Columns; sample++)
        {
            float common = (float)(random.NextDouble() - 0.5) * 3;
            for (int i = 0; i < Columns; i++)
                x[i] = (float)(random.NextDouble() - 0.5) + (common * ((i % 5) - 1));
            for (int i = 0; i < Columns; i++)
            {
                for (int j = 0; j < Columns; j++)
                    hessian[(i * Columns) + j] += x[i] * x[j];
            }
        }

        return hessian;
    }

    private static double Error(float[] row, float[] back, float[]? weights = null)
    {
        double error = 0;
        for (int i = 0; i < row.Length; i++)
            error += (weights?[i] ?? 1) * (row[i] - back[i]) * (double)(row[i] - back[i]);
        return error;
    }

    private static double OutputError(float[] row, float[] back, float[] hessian)
    {
        double error = 0;
        for (int i = 0; i < Columns; i++)
        {
            for (int j = 0; j < Columns; j++)
                error += (double)(row[i] - back[i]) * hessian[(i * Columns) + j] * (row[j] - back[j]);
        }

        return error;
    }
}

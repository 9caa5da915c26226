using Kvasir.Compute.Tests.Oracle;
using Kvasir.Numerics;
using Kvasir.Numerics.Attention;

namespace Kvasir.Compute.Tests;

public sealed unsafe class RowOperationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(100)]
    [InlineData(576)]
    [InlineData(2049)]
    public void RmsNorm_EqualsTheScalarContract(int width)
    {
        const int Rows = 37;
        var x = Numbers(Rows * width, seed: width);
        var weight = Numbers(width, seed: 2);
        Backends.ForAll((backend, where) =>
        {
            var y = new float[Rows * width];
            fixed (float* px = x, pw = weight, py = y)
                backend.RmsNorm(px, Rows, width, pw, 1e-5f, py);
            for (int row = 0; row < Rows; row++)
                Bits.Equal(ScalarOps.RmsNorm(x.AsSpan(row * width, width), weight, 1e-5f), y.AsSpan(row * width, width), where);
        });
    }

    [Fact]
    public void RmsNorm_OfARowOfZeros_IsZero() => Backends.ForAll((backend, where) =>
    {
        var x = new float[48];
        var y = Numbers(48, 1);
        fixed (float* px = x, py = y)
            backend.RmsNorm(px, 1, 48, px, 1e-5f, py);
        Bits.Equal(new float[48], y, where);
    });

    [Theory]
    [InlineData(1)]
    [InlineData(17)]
    [InlineData(1536)]
    public void SiluGate_EqualsTheScalarContract(int width)
    {
        const int Rows = 9;
        var gateUp = Numbers(Rows * 2 * width, seed: 4);
        var expected = new float[Rows * width];
        for (int row = 0; row < Rows; row++)
        {
            for (int i = 0; i < width; i++)
                expected[(row * width) + i] = ScalarOps.SiluGate(gateUp[(row * 2 * width) + i], gateUp[(row * 2 * width) + width + i]);
        }

        Backends.ForAll((backend, where) =>
        {
            var y = new float[Rows * width];
            fixed (float* px = gateUp, py = y)
                backend.SiluGate(px, Rows, width, py);
            Bits.Equal(expected, y, where);
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(37)]
    public void AddToRows_AddsToTheNamedRowsAndColumnsOnly(int width)
    {
        const int Rows = 6, Before = 5;
        int[] rows = [0, 2, 3, 5];
        var stride = width + Before + 4;
        var x = Numbers(rows.Length * width, seed: 1);
        var y = Numbers(Rows * stride, seed: 2);
        var expected = y.ToArray();
        for (int i = 0; i < rows.Length; i++)
        {
            for (int c = 0; c < width; c++)
                expected[(rows[i] * stride) + Before + c] += x[(i * width) + c];
        }

        Backends.ForAll((backend, where) =>
        {
            var sums = y.ToArray();
            fixed (float* px = x, py = sums)
                backend.AddToRows(px, rows, width, py + Before, stride);
            Bits.Equal(expected, sums, where);
        });
    }

    [Fact]
    public void AddAndAddBias_AddEveryElement()
    {
        const int Rows = 5, Width = 37;
        var x = Numbers(Rows * Width, seed: 1);
        var y = Numbers(Rows * Width, seed: 2);
        Backends.ForAll((backend, where) =>
        {
            var sum = x.ToArray();
            var biased = x.ToArray();
            fixed (float* ps = sum, py = y, pb = biased)
            {
                backend.Add(ps, py, Rows * Width);
                backend.AddBias(pb, Rows, Width, py);
            }

            Bits.Equal([.. x.Select((v, i) => v + y[i])], sum, where);
            Bits.Equal([.. x.Select((v, i) => v + y[i % Width])], biased, where);
        });
    }

    [Theory]
    [InlineData(64, 64)]
    [InlineData(80, 80)]
    [InlineData(64, 16)]
    [InlineData(6, 4)]
    public void Rope_RotatesHalfSplitPairs_AndLeavesTheRest(int headDim, int rotaryDim)
    {
        const int Rows = 40, Heads = 3;
        int stride = (Heads * headDim) + 5;
        var x = Numbers(Rows * stride, seed: 1);
        int[] positions = [.. Enumerable.Range(0, Rows).Select(i => i * 7 % 300)];
        using var table = new RopeTable([.. Enumerable.Range(0, rotaryDim / 2).Select(i => 1.0 / (1 + (i * 0.37)))], 300, 1.1f);
        var expected = x.ToArray();
        for (int row = 0; row < Rows; row++)
        {
            for (int head = 0; head < Heads; head++)
                ScalarOps.Rotate(expected.AsSpan((row * stride) + (head * headDim), headDim), new ReadOnlySpan<float>(table.At(positions[row]), rotaryDim));
        }

        Backends.ForAll((backend, where) =>
        {
            var y = x.ToArray();
            fixed (float* py = y)
                backend.Rope(py, Rows, stride, Heads, headDim, table, positions);
            Bits.Equal(expected, y, where);
        });
    }

    [Fact]
    public void Rope_OutsideTheTable_IsRefused()
    {
        using var table = new RopeTable([1.0, 0.5], 8);
        Backends.Best(backend =>
        {
            var x = new float[4];
            Assert.Throws<ArgumentOutOfRangeException>(() => { fixed (float* p = x) backend.Rope(p, 1, 4, 1, 4, table, [8]); });
        });
    }

    [Fact]
    public void GatherAndScatter_MoveRows()
    {
        const int Width = 19;
        var x = Numbers(6 * Width, seed: 3);
        Backends.Best(backend =>
        {
            var gathered = new float[3 * Width];
            var scattered = new float[6 * Width];
            fixed (float* px = x, pg = gathered, ps = scattered)
            {
                backend.GatherRows(px, [5, 0, 3], Width, pg);
                backend.ScatterRows(pg, [5, 0, 3], Width, ps);
            }

            foreach (int row in new[] { 5, 0, 3 })
                Bits.Equal(x.AsSpan(row * Width, Width), scattered.AsSpan(row * Width, Width), $"row {row}");
            Bits.Equal(x.AsSpan(5 * Width, Width), gathered.AsSpan(0, Width), "first gathered row");
        });
    }

    [Theory]
    [InlineData(DataType.F32)]
    [InlineData(DataType.BF16)]
    [InlineData(DataType.Q8_0)]
    [InlineData(DataType.Q4_1)]
    public void Embed_DecodesTheRowsOfTheTokens_AndRefusesOthers(DataType type)
    {
        using var table = Weights.Random(type, 11, 64, seed: 2);
        Backends.Best(backend =>
        {
            var y = new float[2 * 64];
            fixed (float* py = y)
                backend.Embed(table.Source, [10, 3], py);
            var expected = new float[64];
            BlockCodec.DecodeRow(type, table.Row(10), expected);
            Bits.Equal(expected, y.AsSpan(0, 64), "token 10");
            BlockCodec.DecodeRow(type, table.Row(3), expected);
            Bits.Equal(expected, y.AsSpan(64), "token 3");
            foreach (int token in new[] { -1, 11 })
                Assert.Throws<ArgumentOutOfRangeException>(() => { fixed (float* py = y) backend.Embed(table.Source, [token], py); });
        });
    }

    private static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        var x = new float[count];
        for (int i = 0; i < count; i++)
            x[i] = (random.NextSingle() - 0.5f) * (i % 50 == 7 ? 150f : 6f);
        return x;
    }
}

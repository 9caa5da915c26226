using Kvasir.Numerics.Attention;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Tests.Attention;

/// <summary>KIVI's form: numbers against the paper's rule in double precision, and tiles against one number after the other.</summary>
public sealed unsafe class PackedRowsTests
{
    private const int Rows = PackedForm.GroupRows;

    public static TheoryData<int, int> Forms => new() { { 4, 32 }, { 4, 64 }, { 4, 96 }, { 2, 32 }, { 2, 64 }, { 2, 96 }, { 2, 128 } };

    [Theory]
    [MemberData(nameof(Forms))]
    public void EveryNumber_IsTheNearestOfItsLinesLevels(int bits, int headDim)
    {
        var form = new PackedForm(bits, headDim);
        var (keys, values) = Random(headDim, seed: bits + headDim);
        var group = Encode(form, keys, values);
        float[] key = new float[headDim], value = new float[headDim];
        for (int row = 0; row < Rows; row++)
        {
            fixed (byte* at = group)
                PackedRows.Read(form, at, row, key, value);
            for (int d = 0; d < headDim; d++)
            {
                int index = d;
                double[] channel = [.. Enumerable.Range(0, Rows).Select(other => (double)keys[(other * headDim) + index])];
                double[] part = [.. Enumerable.Range(0, 32).Select(i => (double)values[(row * headDim) + (index / 32 * 32) + i])];
                Check(channel, channel[row], key[d], bits, $"key {row}, {d}");
                Check(part, part[d % 32], value[d], bits, $"value {row}, {d}");
            }
        }

        // Half a level, and what binary16 rounds off the scale (times the largest code) and the minimum.
        static void Check(double[] line, double exact, float read, int bits, string what)
        {
            double levels = (1 << bits) - 1, scale = (line.Max() - line.Min()) / levels;
            double rounding = Math.Pow(2, -11) * ((line.Max() - line.Min()) + Math.Abs(line.Min()));
            Assert.True(Math.Abs(exact - read) <= (scale / 2) + (1.5 * rounding) + 1e-7, $"{what}: {read} for {exact}, scale {scale}");
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void ATile_HoldsTheNumbers_WhereverTheRowsLie_InEveryWidth(int bits, int headDim)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            Load<Lanes128>(bits, headDim, seed);
            Load<Lanes256>(bits, headDim, seed);
            Load<Lanes512>(bits, headDim, seed);
        }
    }

    [Fact]
    public void Bytes_AreThoseOfFiveAndThreeBitsANumber()
    {
        foreach (int headDim in new[] { 32, 64, 128 })
        {
            Assert.Equal(2 * 32 * headDim * 5 / 8, new PackedForm(4, headDim).GroupBytes);
            Assert.Equal(2 * 32 * headDim * 3 / 8, new PackedForm(2, headDim).GroupBytes);
        }

        Assert.Equal(3, new PackedForm(4, 64).GroupsPerPiece(new KvLayout(1, 2, 64, KvDataType.F16, 32)));
        Assert.Equal(5, new PackedForm(2, 64).GroupsPerPiece(new KvLayout(1, 2, 64, KvDataType.F16, 32)));
        Assert.Throws<ArgumentException>(() => new PackedForm(3, 64).Validate());
        Assert.Throws<ArgumentException>(() => new PackedForm(4, 48).Validate());
    }

    [Fact]
    public void ANaN_StaysInItsLine()
    {
        var form = new PackedForm(4, 32);
        var (keys, values) = Random(32, seed: 1);
        keys[(3 * 32) + 5] = float.NaN;
        var group = Encode(form, keys, values);
        float[] key = new float[32], value = new float[32];
        fixed (byte* at = group)
            PackedRows.Read(form, at, 3, key, value);
        Assert.Equal([5], Enumerable.Range(0, 32).Where(d => float.IsNaN(key[d])));
        Assert.DoesNotContain(value, float.IsNaN);
    }

    private static void Load<TLanes>(int bits, int headDim, int seed)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var form = new PackedForm(bits, headDim);
        var random = new Random(seed);
        var (keys, values) = Random(headDim, seed);
        var group = Encode(form, keys, values);
        var (first, count) = seed % 3 == 0 ? (0, Rows) : (random.Next(Rows), 0);
        count = count == 0 ? random.Next(1, Rows - first + 1) : count;
        int tileRow = seed % 2 == 0 ? 16 * random.Next(3) : random.Next(64 - count + 1);
        using var scratch = new AttentionScratch(headDim, 1, 1);
        float[] key = new float[headDim], value = new float[headDim];
        fixed (byte* at = group)
        {
            PackedLoader<TLanes>.Load(form, at, first, count, tileRow, scratch, values: true);
            for (int row = 0; row < count; row++)
            {
                PackedRows.Read(form, at, first + row, key, value);
                for (int d = 0; d < headDim; d++)
                {
                    Assert.Equal(key[d], scratch.Keys[ScalarKeys.At(tileRow + row, d, headDim)]);
                    Assert.Equal(value[d], scratch.Values[((tileRow + row) * scratch.Stride) + d]);
                }
            }
        }
    }

    private static byte[] Encode(PackedForm form, float[] keys, float[] values)
    {
        var group = new byte[form.GroupBytes];
        group.AsSpan().Fill(0xFF);
        fixed (byte* at = group)
            PackedRows.Encode(form, keys, values, at);
        return group;
    }

    /// <summary>Channels of different sizes and places, and one that is the same everywhere.</summary>
    private static (float[] Keys, float[] Values) Random(int headDim, int seed)
    {
        var random = new Random(seed);
        float[] sizes = [.. Enumerable.Range(0, headDim).Select(d => d == 7 ? 0 : MathF.Pow(10, (2 * random.NextSingle()) - 1))];
        float[] places = [.. Enumerable.Range(0, headDim).Select(_ => 8 * (random.NextSingle() - 0.5f))];
        float[] keys = [.. Enumerable.Range(0, Rows * headDim).Select(i => places[i % headDim] + (sizes[i % headDim] * (random.NextSingle() - 0.5f)))];
        float[] values = [.. Enumerable.Range(0, Rows * headDim).Select(_ => random.NextSingle() - 0.5f)];
        return (keys, values);
    }
}

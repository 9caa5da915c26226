using Kvasir.Models.Tests.Support;
using Kvasir.Numerics;

namespace Kvasir.Models.Tests.Quantised;

public class Float8Tests
{
    private const string Tiles = """{"quant_method": "fp8", "weight_block_size": [24, 40]}""";

    [Fact]
    public void TheTables_AreTheNumbersOfTheSpecification()
    {
        for (int bits = 0; bits < 256; bits++)
        {
            // E5M2 is the upper byte of binary16.
            Assert.Equal((float)BitConverter.UInt16BitsToHalf((ushort)(bits << 8)), Float8.Values("F8_E5M2")[bits]);
            Assert.Equal(E4M3(bits), Float8.Values("F8_E4M3")[bits]);
        }

        Assert.Equal(448f, Float8.Values("F8_E4M3")[0x7E]);
        Assert.True(float.IsNegative(Float8.Values("F8_E4M3")[0x80]));
    }

    [Fact]
    public void WithoutScale_EveryValueIsABFloat16()
    {
        Check(null, DataType.BF16, (random, n, k) => Make(random, n, k, "F8_E4M3", (1, 1), null));
        Check(null, DataType.BF16, (random, n, k) => Make(random, n, k, "F8_E5M2", (1, 1), null));
    }

    [Fact]
    public void ScalesOfTheMatrix_TheRow_AndTheTile_Multiply()
    {
        Check("""{"quant_method": "fp8"}""", DataType.F32, (random, n, k) => Make(random, n, k, "F8_E4M3", (n, k), "weight_scale", [1]));
        Check("""{"quant_method": "fp8"}""", DataType.F32, (random, n, k) => Make(random, n, k, "F8_E5M2", (n, k), "weight_scale", []));
        Check("""{"quant_method": "fbgemm_fp8"}""", DataType.F32, (random, n, k) => Make(random, n, k, "F8_E4M3", (1, k), "weight_scale", [n, 1]));
        Check(
            """{"quant_method": "compressed-tensors", "format": "float-quantized"}""",
            DataType.F32,
            (random, n, k) => Make(random, n, k, "F8_E4M3", (1, k), "weight_scale", [n]));
        Check(Tiles, DataType.F32, (random, n, k) => Make(random, n, k, "F8_E4M3", (24, 40), "weight_scale_inv"));
    }

    [Fact]
    public void ScalesThatArePowersOfTwo_LeaveBFloat16() =>
        Check(Tiles, DataType.BF16, (random, n, k) => Make(random, n, k, "F8_E4M3", (24, 40), "weight_scale_inv", powers: true));

    [Fact]
    public void AScaleThatDoesNotFit_IsRefused()
    {
        using var folder = new QuantisedFolder(Tiles, (random, n, k) => Make(random, n, k, "F8_E4M3", (24, 40), "weight_scale_inv"));
        folder.Replace("model.layers.0.self_attn.q_proj.weight_scale_inv", ("F32", [2, 2], new byte[16]));
        var error = Assert.Throws<ModelFormatException>(() => ModelFile.Open(folder.Folder));
        Assert.Contains("q_proj.weight_scale_inv", error.Message, StringComparison.Ordinal);
        Assert.Contains("fits neither", error.Message, StringComparison.Ordinal);
    }

    private static void Check(
        string? config, DataType type, Func<Random, int, int, (List<(string, string, long[], byte[])>, float[][])> write)
    {
        using var folder = new QuantisedFolder(config, write);
        using var model = ModelFile.Open(folder.Folder);
        foreach (var ((role, layer), values) in folder.Expected)
        {
            Assert.Equal(type, model.DescribeMatrix(role, layer).Type);
            Assert.Equal(values, model.Decode(role, layer));
        }
    }

    private static (List<(string, string, long[], byte[])> Parts, float[][] Values) Make(
        Random random, int n, int k, string kind, (int Rows, int Columns) tile, string? scaleName, long[]? shape = null, bool powers = false)
    {
        int down = (n + tile.Rows - 1) / tile.Rows, across = (k + tile.Columns - 1) / tile.Columns;
        var scales = new float[down * across];
        for (int i = 0; i < scales.Length; i++)
            scales[i] = scaleName is null ? 1 : powers ? (float)Math.Pow(2, random.Next(-6, 3)) : random.NextSingle() + 0.1f;
        var bytes = new byte[n * k];
        random.NextBytes(bytes);
        var values = new float[n][];
        for (int row = 0; row < n; row++)
        {
            values[row] = new float[k];
            for (int i = 0; i < k; i++)
            {
                // Numbers, since NaN has many forms.
                int bits = bytes[(row * k) + i] &= 0xBB;
                float value = kind == "F8_E4M3" ? E4M3(bits) : (float)BitConverter.UInt16BitsToHalf((ushort)(bits << 8));
                values[row][i] = value * scales[(row / tile.Rows * across) + (i / tile.Columns)];
            }
        }

        var parts = new List<(string, string, long[], byte[])> { ("weight", kind, [n, k], bytes) };
        if (scaleName is not null)
            parts.Add((scaleName, "F32", shape ?? [down, across], QuantisedFolder.Bytes(scales)));
        return (parts, values);
    }

    private static float E4M3(int bits)
    {
        int exponent = (bits >> 3) & 15;
        double mantissa = (bits & 7) / 8.0;
        double size = (exponent, bits & 7) switch
        {
            (15, 7) => double.NaN,
            (0, _) => mantissa * Math.Pow(2, -6),
            _ => (1 + mantissa) * Math.Pow(2, exponent - 7),
        };
        return (float)((bits & 128) != 0 ? -size : size);
    }
}

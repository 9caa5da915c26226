using Kvasir.Models.Tests.Support;
using Kvasir.Numerics;

namespace Kvasir.Models.Tests.Quantised;

/// <summary>Matrices packed along the definitions of AutoGPTQ and AutoAWQ, from numbers, zero points and scales that give the values.</summary>
public class GroupedTests
{
    private const string Gptq = """{"quant_method": "gptq", "bits": 4, "group_size": 32, "desc_act": false}""";
    private const string GptqSecond = """{"quant_method": "gptq", "bits": 4, "group_size": 32, "checkpoint_format": "gptq_v2"}""";
    private const string Awq = """{"quant_method": "awq", "bits": 4, "group_size": 32, "zero_point": true, "version": "gemm"}""";

    // AutoAWQ packs: bits 4i of a word hold column AwqOrder[i].
    private static readonly int[] AwqOrder = [0, 2, 4, 6, 1, 3, 5, 7];

    [Fact]
    public void SymmetricGptq_IsQ4_0_OfTheSameValues() => Check(Gptq, DataType.Q4_0, (random, n, k) => Make(random, n, k, zero: 8));

    [Fact]
    public void AsymmetricGptq_IsQ5_0_OfTheSameValues()
    {
        Check(Gptq, DataType.Q5_0, (random, n, k) => Make(random, n, k));
        Check(GptqSecond, DataType.Q5_0, (random, n, k) => Make(random, n, k, bias: 0));
    }

    [Fact]
    public void Awq_IsQ5_0_OfTheSameValues() => Check(Awq, DataType.Q5_0, (random, n, k) => Make(random, n, k, awq: true));

    [Fact]
    public void ActOrder_IsBinary32_OfTheSameValues() => Check(Gptq, DataType.F32, (random, n, k) => Make(random, n, k, actOrder: true));

    [Fact]
    public void GroupsSmallerThanABlock_AreBinary32() => Check(Gptq, DataType.F32, (random, n, k) => Make(random, n, k, group: 16));

    [Fact]
    public void ScalesThatAreNoBinary16_AreKept() => Check(Gptq, DataType.F32, (random, n, k) => Make(random, n, k, wideScales: true));

    [Fact]
    public void AMatrixThatWasReleased_IsMadeAgain()
    {
        using var folder = new QuantisedFolder(Awq, (random, n, k) => Make(random, n, k, awq: true));
        using var model = ModelFile.Open(folder.Folder);
        Assert.Equal(0, model.DescribeMatrix(WeightRole.Query, 0).Data);
        Assert.Equal(DataType.Q5_0, model.DescribeMatrix(WeightRole.Query, 0).Type);
        var before = model.Decode(WeightRole.Query, 0);
        model.Release(WeightRole.Query, 0);
        Assert.Equal(before, model.Decode(WeightRole.Query, 0));
        string gguf = Path.Combine(folder.Folder, "converted.gguf");
        ModelConverter.Convert(model, gguf, new ConversionOptions { Type = DataType.Q5_0 });
        using var copy = ModelFile.Open(gguf);
        Assert.Equal(before, copy.Decode(WeightRole.Query, 0));
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.GetMatrix(WeightRole.Query, 0));
    }

    [Fact]
    public void TheFingerprint_CoversEveryPart()
    {
        using var folder = new QuantisedFolder(Gptq, (random, n, k) => Make(random, n, k));
        var prints = new HashSet<string> { Print(folder) };
        foreach (string part in (string[])["qweight", "qzeros", "scales", "g_idx"])
        {
            string name = $"model.layers.1.mlp.down_proj.{part}";
            var bytes = (byte[])folder[name].Clone();
            bytes[0] ^= 1;
            var file = File.ReadAllBytes(folder.File);
            int at = file.AsSpan().IndexOf(folder[name]);
            bytes.CopyTo(file, at);
            File.WriteAllBytes(folder.File, file);
            Assert.True(prints.Add(Print(folder)), part);
        }
    }

    [Fact]
    public void PartsThatDoNotFit_AreRefused_NamingTheTensor()
    {
        const string Prefix = "model.layers.0.self_attn.q_proj.";
        Assert.Contains("without zero points", Refusal("qzeros", null), StringComparison.Ordinal);
        Assert.Contains("without scales", Refusal("scales", null), StringComparison.Ordinal);
        Assert.Contains(Prefix + "qzeros", Refusal("qzeros", ("I32", [2, 7], new byte[56])), StringComparison.Ordinal);
        Assert.Contains(Prefix + "qweight", Refusal("qweight", ("I32", [64, 8], new byte[2048])), StringComparison.Ordinal);
        Assert.Contains("g_idx", Refusal("qweight", ("I32", [4, 64], new byte[1024])), StringComparison.Ordinal);
        Assert.Contains("group 7 of 2", Refusal("g_idx", ("I32", [64], QuantisedFolder.Words(Enumerable.Repeat(7u, 64)))), StringComparison.Ordinal);
        Assert.Contains("do not divide", Refusal("scales", ("F16", [3, 64], new byte[384]), dropIndex: true), StringComparison.Ordinal);

        static string Refusal(string part, (string, long[], byte[])? by, bool dropIndex = false)
        {
            using var folder = new QuantisedFolder(Gptq, (random, n, k) => Make(random, n, k));
            folder.Replace(Prefix + part, by);
            if (dropIndex)
            {
                folder.Replace(Prefix + "g_idx", null);
                folder.Replace(Prefix + "qzeros", ("I32", [3, 8], new byte[96]));
            }

            return Assert.Throws<ModelFormatException>(() => ModelFile.Open(folder.Folder)).Message;
        }
    }

    [Theory]
    [InlineData("""{"quant_method": "gptq", "bits": 3}""", "3 bits")]
    [InlineData("""{"quant_method": "awq", "bits": 4, "version": "gemv"}""", "gemv")]
    [InlineData("""{"quant_method": "bitsandbytes"}""", "bitsandbytes")]
    [InlineData("""{"quant_method": "compressed-tensors", "format": "pack-quantized"}""", "compressed-tensors")]
    public void OtherMethods_AreRefused_WithWhatIsSupported(string config, string expected)
    {
        using var folder = new QuantisedFolder(config, (random, n, k) => Make(random, n, k));
        var error = Assert.Throws<UnsupportedModelException>(() => ModelFile.Open(folder.Folder));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains("supported", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DamagedFiles_OpenOrAreRefused()
    {
        using var folder = new QuantisedFolder(Gptq, (random, n, k) => Make(random, n, k));
        var good = File.ReadAllBytes(folder.File);
        var random = new Random(41);
        int refused = 0;
        for (int round = 0; round < 400; round++)
        {
            File.WriteAllBytes(folder.File, Damaged.Bytes(good, random, 8 + (int)BitConverter.ToUInt64(good)));
            try
            {
                using var model = ModelFile.Open(folder.Folder);
                foreach (var (role, layer) in folder.Expected.Keys)
                    model.Decode(role, layer);
            }
            catch (Exception e) when (e is ModelFormatException or UnsupportedModelException)
            {
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"seed 41, round {round}: {e}");
            }
        }

        Assert.InRange(refused, 100, 400);
    }

    private static void Check(
        string config, DataType type, Func<Random, int, int, (List<(string, string, long[], byte[])>, float[][])> write)
    {
        using var folder = new QuantisedFolder(config, write);
        using var model = ModelFile.Open(folder.Folder);
        foreach (var ((role, layer), values) in folder.Expected)
        {
            Assert.Equal(type, model.DescribeMatrix(role, layer).Type);
            Assert.Equal(values, model.Decode(role, layer));
        }
    }

    private static string Print(QuantisedFolder folder)
    {
        using var model = ModelFile.Open(folder.Folder);
        return model.Fingerprint.ToString();
    }

    private static (List<(string Suffix, string Kind, long[] Shape, byte[] Bytes)> Parts, float[][] Values) Make(
        Random random, int n, int k, int? zero = null, int bias = 1, bool awq = false, bool actOrder = false, int group = 32, bool wideScales = false)
    {
        int groups = k / group;
        var index = Enumerable.Range(0, k).Select(i => (uint)(i / group)).ToArray();
        if (actOrder)
            random.Shuffle(index);
        var q = new int[k, n];
        var z = new int[groups, n];
        var scales = new float[groups * n];
        for (int g = 0; g < groups; g++)
        {
            for (int column = 0; column < n; column++)
            {
                z[g, column] = zero ?? random.Next(16);
                float scale = (random.NextSingle() - 0.2f) * 0.1f;
                scales[(g * n) + column] = wideScales ? scale : (float)(Half)scale;
            }
        }

        var values = new float[n][];
        for (int row = 0; row < n; row++)
        {
            values[row] = new float[k];
            for (int i = 0; i < k; i++)
            {
                q[i, row] = random.Next(16);
                values[row][i] = scales[(index[i] * n) + row] * (q[i, row] - z[index[i], row]);
            }
        }

        var parts = new List<(string, string, long[], byte[])>
        {
            awq
                ? ("qweight", "I32", [k, n / 8], AcrossColumns(q, AwqOrder, 0))
                : ("qweight", "I32", [k / 8, n], DownRows(q)),
            ("qzeros", "I32", [groups, n / 8], AcrossColumns(z, awq ? AwqOrder : [0, 1, 2, 3, 4, 5, 6, 7], awq ? 0 : bias)),
            wideScales ? ("scales", "F32", [groups, n], QuantisedFolder.Bytes(scales)) : ("scales", "F16", [groups, n], QuantisedFolder.Halves(scales)),
        };
        if (!awq)
            parts.Add(("g_idx", "I32", [k], QuantisedFolder.Words(index)));
        return (parts, values);
    }

    private static byte[] DownRows(int[,] q)
    {
        var words = new List<uint>();
        for (int row = 0; row < q.GetLength(0); row += 8)
        {
            for (int column = 0; column < q.GetLength(1); column++)
            {
                uint word = 0;
                for (int i = 7; i >= 0; i--)
                    word = (word << 4) | (uint)q[row + i, column];
                words.Add(word);
            }
        }

        return QuantisedFolder.Words(words);
    }

    private static byte[] AcrossColumns(int[,] q, int[] order, int less)
    {
        var words = new List<uint>();
        for (int row = 0; row < q.GetLength(0); row++)
        {
            for (int column = 0; column < q.GetLength(1); column += 8)
            {
                uint word = 0;
                for (int i = 7; i >= 0; i--)
                    word = (word << 4) | (uint)((q[row, column + order[i]] - less) & 15);
                words.Add(word);
            }
        }

        return QuantisedFolder.Words(words);
    }
}

using Kvasir.Models.Tests.Support;
using Kvasir.Numerics;

namespace Kvasir.Models.Tests.Conversion;

public class ModelConverterTests
{
    [Theory]
    [InlineData("llama", true)]
    [InlineData("llama", false)]
    [InlineData("qwen2", true)]
    public void AnF32Conversion_KeepsEveryWeightAndTheTokenizer(string family, bool tied)
    {
        using var tiny = new TinyModel(family: family, tied: tied);
        using var source = ModelFile.Open(tiny.Folder);
        ModelConverter.Convert(source, tiny.PathOf("a.gguf"), new ConversionOptions { Type = DataType.F32 });
        using var copy = ModelFile.Open(tiny.PathOf("a.gguf"));
        AssertSameModel(source, copy);

        // Once more from the GGUF file, whose query and key rows lie in another order.
        ModelConverter.Convert(copy, tiny.PathOf("b.gguf"), new ConversionOptions { Type = DataType.F32 });
        Assert.Equal(File.ReadAllBytes(tiny.PathOf("a.gguf"))[1000..], File.ReadAllBytes(tiny.PathOf("b.gguf"))[1000..]);
    }

    [Fact]
    public void LlamaFiles_HoldInterleavedQueryAndKeyRows()
    {
        using var tiny = new TinyModel();
        using var source = ModelFile.Open(tiny.Folder);
        ModelConverter.Convert(source, tiny.PathOf("a.gguf"), new ConversionOptions { Type = DataType.F32 });
        using var file = GgufFile.Open(tiny.PathOf("a.gguf"));
        var stored = file.Tensors["blk.1.attn_k.weight"];
        var logical = source.Decode(WeightRole.Key, 1);
        var row = new float[TinyModel.Hidden];
        for (int head = 0; head < TinyModel.KvHeads; head++)
        {
            for (int i = 0; i < TinyModel.HeadDim; i++)
            {
                // llama.cpp: reshape(heads, 2, headDim / 2).swapaxes(1, 2)
                ReadRow(stored, (head * TinyModel.HeadDim) + i, row);
                Assert.Equal(logical[(head * TinyModel.HeadDim) + ((i % 2) * TinyModel.HeadDim / 2) + (i / 2)], row);
            }
        }
    }

    [Fact]
    public void ScaledRope_SurvivesAsDivisors()
    {
        string path = Path.Combine(Path.GetTempPath(), $"kvasir-{Guid.NewGuid():N}.gguf");
        try
        {
            using var source = ModelFile.Open(Fixtures.PathOf("llama_rope3"));
            ModelConverter.Convert(source, path, new ConversionOptions { Type = DataType.F32 });
            using var copy = ModelFile.Open(path);
            Assert.Equal(RopeScaling.PerFrequency, copy.Config.Rope.Scaling);
            var expected = source.Config.Rope.InverseFrequencies();
            var actual = copy.Config.Rope.InverseFrequencies();
            for (int i = 0; i < expected.Length; i++)
                Assert.Equal(expected[i], actual[i], expected[i] * 2e-7f);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void TheMix_FollowsItsRules_AndSaysWhereATypeDoesNotFit()
    {
        using var tiny = new TinyModel();
        using var source = ModelFile.Open(tiny.Folder);
        var report = ModelConverter.Convert(source, tiny.PathOf("a.gguf"), new ConversionOptions
        {
            Name = "mixed",
            Type = DataType.Q5_0,
            Overrides = TypeRule.ParseList("token_embd=Q8_0, blk.*.ffn_down=Q5_1, blk.0.ffn_down=F16"),
        });
        Assert.Equal(DataType.Q8_0, report.Matrices.Single(m => m.Name == "token_embd.weight").To);
        Assert.Equal(DataType.F16, report.Matrices.Single(m => m.Name == "blk.0.ffn_down.weight").To);
        Assert.Equal(DataType.Q5_1, report.Matrices.Single(m => m.Name == "blk.1.ffn_down.weight").To);
        Assert.Equal(DataType.Q5_0, report.Matrices.Single(m => m.Name == "blk.1.attn_q.weight").To);
        Assert.All(report.Matrices, m => Assert.InRange(m.RelativeError, 0, 0.01));
        using var copy = ModelFile.Open(report.Path);
        Assert.Equal("mixed", copy.Name);
        Assert.Equal(new FileInfo(report.Path).Length, report.Bytes);
        Assert.Equal(source.GetVector(WeightRole.AttentionNorm, 1), copy.GetVector(WeightRole.AttentionNorm, 1));

        Assert.Contains("matches no matrix", Assert.Throws<ArgumentException>(() => ModelConverter.Convert(
            source, tiny.PathOf("b.gguf"), new ConversionOptions { Overrides = TypeRule.ParseList("blk.9.ffn_down=Q8_0") })).Message, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => TypeRule.ParseList("ffn_down"));
        Assert.Throws<FormatException>(() => TypeRule.ParseList("ffn_down=Q3_X"));
    }

    [Fact]
    public void RowsThatDoNotDivideIntoBlocks_BecomeF16_AndTheReportSaysSo()
    {
        using var tiny = new TinyModel(inner: 80);
        using var source = ModelFile.Open(tiny.Folder);
        var report = ModelConverter.Convert(source, tiny.PathOf("a.gguf"), new ConversionOptions { Type = DataType.Q4_0 });
        Assert.All(report.Matrices.Where(m => m.Columns == 80), m => Assert.Equal(DataType.F16, m.To));
        Assert.All(report.Matrices.Where(m => m.Columns != 80), m => Assert.Equal((DataType.Q4_0, null), (m.To, m.Note)));
        var down = report.Matrices.Single(m => m.Name == "blk.0.ffn_down.weight");
        Assert.Contains("80", down.Note, StringComparison.Ordinal);
        using var copy = ModelFile.Open(report.Path);
        Assert.Equal(80, copy.GetMatrix(WeightRole.Down, 0).Columns);
    }

    [Theory]
    [InlineData(DataType.IQ4_NL, 0.01)]
    [InlineData(DataType.MXFP4, 0.03)]
    public void TypesWithTables_AreRoundedToTheNearestLevel_AndCopiedUnchanged(DataType type, double error)
    {
        using var tiny = new TinyModel();
        using var source = ModelFile.Open(tiny.Folder);
        var report = ModelConverter.Convert(source, tiny.PathOf("a.gguf"), new ConversionOptions { Type = type });
        Assert.All(report.Matrices, m => Assert.Equal(type, m.To));
        Assert.All(report.Matrices, m => Assert.InRange(m.RelativeError, 0, error));
        Assert.All(report.Matrices, m => Assert.Contains("nearest level", m.Note, StringComparison.Ordinal));
        using var once = ModelFile.Open(report.Path);
        ModelConverter.Convert(once, tiny.PathOf("b.gguf"), new ConversionOptions { Type = type });
        Assert.Equal(File.ReadAllBytes(report.Path), File.ReadAllBytes(tiny.PathOf("b.gguf")));
    }

    [Fact]
    public void ACancelledConversion_LeavesNoFile()
    {
        using var tiny = new TinyModel();
        using var source = ModelFile.Open(tiny.Folder);
        using var cancel = new CancellationTokenSource();
        var progress = new CancelAt(cancel, "blk.1.ffn_up.weight");
        int before = Directory.GetFiles(tiny.Folder).Length;
        Assert.ThrowsAny<OperationCanceledException>(
            () => ModelConverter.Convert(source, tiny.PathOf("a.gguf"), new ConversionOptions(), progress, cancel.Token));
        Assert.Equal(before, Directory.GetFiles(tiny.Folder).Length);
    }

    [Fact]
    public void NamedTemplates_AreFoundInBothLayouts_AndKept()
    {
        using var tiny = new TinyModel();
        tiny.Write("tokenizer_config.json", """
            {"bos_token": "<|bos|>", "eos_token": "<|end|>", "chat_template":
             [{"name": "tool_use", "template": "tools {{ bos_token }}"}, {"name": "default", "template": "plain"}, {"name": "rag", "template": "other"}]}
            """);
        using (var source = ModelFile.Open(tiny.Folder))
        {
            Assert.Equal("plain", source.ChatTemplate!.Render([], false));
            Assert.Equal("tools <|bos|>", source.ToolTemplate!.Render([], false));
            ModelConverter.Convert(source, tiny.PathOf("named.gguf"), new ConversionOptions { Type = DataType.F16 });
        }

        using (var converted = ModelFile.Open(tiny.PathOf("named.gguf")))
        {
            Assert.Equal("plain", converted.ChatTemplate!.Render([], false));
            Assert.Equal("tools <|bos|>", converted.ToolTemplate!.Render([], false));
        }

        Directory.CreateDirectory(tiny.PathOf("additional_chat_templates"));
        tiny.Write("chat_template.jinja", "file");
        tiny.Write(Path.Combine("additional_chat_templates", "tool_use.jinja"), "file with tools");
        using var files = ModelFile.Open(tiny.Folder);
        Assert.Equal("file", files.ChatTemplate!.Render([], false));
        Assert.Equal("file with tools", files.ToolTemplate!.Render([], false));
    }

    [Fact]
    public void OneTemplate_IsForFunctionsToo()
    {
        using var tiny = new TinyModel();
        using var model = ModelFile.Open(tiny.Folder);
        Assert.Same(model.ChatTemplate, model.ToolTemplate);
    }

    [Fact]
    public void TheBytes_DoNotDependOnTheThreads()
    {
        using var tiny = new TinyModel();
        using var source = ModelFile.Open(tiny.Folder);
        foreach (int threads in (int[])[1, 3])
            ModelConverter.Convert(source, tiny.PathOf($"{threads}.gguf"), new ConversionOptions { Type = DataType.Q4_1, Threads = threads });
        Assert.Equal(File.ReadAllBytes(tiny.PathOf("1.gguf")), File.ReadAllBytes(tiny.PathOf("3.gguf")));
    }

    private static void AssertSameModel(ModelFile expected, ModelFile actual)
    {
        Assert.Equal(expected.Config, actual.Config);
        foreach (var (role, layer, _, _) in expected.AllWeights())
        {
            if (WeightShapes.IsMatrix(role))
                Assert.Equal(expected.Decode(role, layer), actual.Decode(role, layer));
            else
                Assert.Equal(expected.GetVector(role, layer), actual.GetVector(role, layer));
        }

        foreach (string text in (string[])["hello world", "<|bos|>hé llo<|end|>", "a\tb  c"])
        {
            Assert.Equal(expected.Tokenizer!.Encode(text), actual.Tokenizer!.Encode(text));
            Assert.Equal(expected.Tokenizer.Encode(text, false), actual.Tokenizer.Encode(text, false));
        }

        Assert.Equal(expected.StopTokens, actual.StopTokens);
        Assert.Equal(expected.Tokenizer!.AddsBos, actual.Tokenizer!.AddsBos);
        Assert.Equal(expected.ChatTemplate!.Render([new("user", "x")], true), actual.ChatTemplate!.Render([new("user", "x")], true));
    }

    private static unsafe void ReadRow(StoredTensor tensor, int row, float[] values) =>
        new ReadOnlySpan<float>(tensor.File.At(tensor.Offset + (row * 4L * values.Length), 4L * values.Length), values.Length).CopyTo(values);

    private sealed class CancelAt(CancellationTokenSource source, string tensor) : IProgress<ConversionProgress>
    {
        public void Report(ConversionProgress value)
        {
            if (value.Tensor == tensor)
                source.Cancel();
        }
    }
}

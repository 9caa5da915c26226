using Kvasir.Models.Tests.Support;
using Kvasir.Numerics;

namespace Kvasir.Models.Tests.Files;

public class ModelFileTests
{
    [Fact]
    public void TheLlamaFixture_OpensWithItsScaledRope()
    {
        using var model = ModelFile.Open(Fixtures.PathOf("llama_rope3"));
        Assert.Equal(("llama", 512, 64, 3, 4, 2, 16, 96, 256), (model.Config.Architecture, model.Config.VocabSize, model.Config.HiddenSize,
            model.Config.Layers, model.Config.QueryHeads, model.Config.KvHeads, model.Config.HeadDim, model.Config.IntermediateSize, model.Config.MaxContext));
        Assert.Equal(RopeScaling.Llama3, model.Config.Rope.Scaling);
        Assert.False(model.Config.TiedEmbeddings);
        Assert.Null(model.Tokenizer);
        Assert.Equal([2], model.StopTokens);
        Assert.Equal(64, model.GetVector(WeightRole.OutputNorm).Length);
        Assert.Equal((DataType.F32, 32, 64), Shape(model.GetMatrix(WeightRole.Key, 2)));
    }

    [Fact]
    public void Qwen2_HasBiasesAndNoRowOrder()
    {
        using var tiny = new TinyModel(family: "qwen2");
        using var model = ModelFile.Open(tiny.Folder);
        Assert.True(model.Has(WeightRole.QueryBias, 0));
        Assert.Equal(model.Config.KvHeads * model.Config.HeadDim, model.GetVector(WeightRole.KeyBias, 1).Length);
        Assert.False(model.Has(WeightRole.AttentionOutputBias, 0));
        Assert.Null(model.GetMatrix(WeightRole.Query, 0).RowOrder);
    }

    [Fact]
    public void TiedEmbeddings_AreTheOutputMatrix()
    {
        using var tiny = new TinyModel();
        using var model = ModelFile.Open(tiny.Folder);
        Assert.True(model.Has(WeightRole.Output));
        Assert.Equal(model.GetMatrix(WeightRole.TokenEmbedding).Data, model.GetMatrix(WeightRole.Output).Data);
    }

    [Fact]
    public void Shards_AreReadThroughTheIndex_AndEachMistakeInItIsNamed()
    {
        using var tiny = new TinyModel(tokenizer: false);
        ModelFingerprint whole;
        using (var model = ModelFile.Open(tiny.Folder))
            whole = model.Fingerprint;

        SplitIntoShards(tiny);
        using (var model = ModelFile.Open(tiny.Folder))
            Assert.Equal(whole, model.Fingerprint);

        string index = File.ReadAllText(tiny.PathOf("model.safetensors.index.json"));
        foreach (string bad in (string[])["../a.safetensors", "missing.safetensors", "model.safetensors.index.json", "b.safetensors"])
        {
            tiny.Write("model.safetensors.index.json", index.Replace("a.safetensors", bad, StringComparison.Ordinal));
            var error = Assert.Throws<ModelFormatException>(() => ModelFile.Open(tiny.Folder));
            Assert.Contains("weight_map", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ATensorInTwoShards_IsRefused()
    {
        using var tiny = new TinyModel(tokenizer: false);
        SplitIntoShards(tiny);
        string index = File.ReadAllText(tiny.PathOf("model.safetensors.index.json"));
        File.Copy(tiny.PathOf("a.safetensors"), tiny.PathOf("c.safetensors"));
        int at = index.IndexOf("a.safetensors", StringComparison.Ordinal);
        tiny.Write("model.safetensors.index.json", index[..at] + "c" + index[(at + 1)..]);
        var error = Assert.Throws<ModelFormatException>(() => ModelFile.Open(tiny.Folder));
        Assert.Contains("too", error.Message, StringComparison.Ordinal);
        Assert.Contains("weight_map", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheFingerprint_ChangesWithOneBit_AndWithTheRope()
    {
        using var tiny = new TinyModel(tokenizer: false);
        string first = Print(tiny.Folder);
        Assert.Equal(first, Print(tiny.Folder));
        var bytes = File.ReadAllBytes(tiny.PathOf("model.safetensors"));
        bytes[^1] ^= 1;
        File.WriteAllBytes(tiny.PathOf("model.safetensors"), bytes);
        string second = Print(tiny.Folder);
        Assert.NotEqual(first, second);
        using var other = new TinyModel(tokenizer: false, changeConfig: c => c["rope_theta"] = 20000.0);
        Assert.NotEqual(first, Print(other.Folder));
        Assert.Matches("^[0-9a-f]{64}$", first);
    }

    [Theory]
    [InlineData("model_type", "rwkv7", "supported are bamba, bert, bloom")]
    [InlineData("hidden_act", "mish", "hidden_act")]
    public void WhatIsNotSupported_IsRefusedWithWhatIs(string field, string value, string expected)
    {
        using var tiny = new TinyModel(changeConfig: c => c[field] = value);
        var error = Assert.Throws<UnsupportedModelException>(() => ModelFile.Open(tiny.Folder));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains(value, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("num_attention_heads", 3, "divide")]
    [InlineData("hidden_size", 128, "shape")]
    [InlineData("num_hidden_layers", 3, "missing")]
    [InlineData("num_hidden_layers", -1, "outside")]
    [InlineData("vocab_size", 2000000000, "outside")]
    [InlineData("max_position_embeddings", 2000000000, "outside")]
    [InlineData("rope_theta", 0, "rope base")]
    [InlineData("head_dim", 15, "odd")]
    public void AConfigurationThatDoesNotFit_IsRefused_NamingTheField(string field, int value, string expected)
    {
        using var tiny = new TinyModel(changeConfig: c => c[field] = value);
        var error = Assert.Throws<ModelFormatException>(() => ModelFile.Open(tiny.Folder));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AMissingPath_SaysWhatToGive()
    {
        var error = Assert.Throws<FileNotFoundException>(() => ModelFile.Open("/no/such/model.gguf"));
        Assert.Contains(".gguf file or a folder", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AfterDisposal_NothingPointsIntoTheFile()
    {
        using var tiny = new TinyModel();
        var model = ModelFile.Open(tiny.Folder);
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.GetMatrix(WeightRole.Output));
        Assert.Throws<ObjectDisposedException>(() => model.Fingerprint);
    }

    private static (DataType, int, int) Shape(MatrixSource matrix) => (matrix.Type, matrix.Rows, matrix.Columns);

    private static string Print(string folder)
    {
        using var model = ModelFile.Open(folder);
        return model.Fingerprint.ToString();
    }

    private static void SplitIntoShards(TinyModel tiny)
    {
        using (var model = ModelFile.Open(tiny.Folder))
        {
            var shards = new Dictionary<string, List<(string, int[], float[])>> { ["a.safetensors"] = [], ["b.safetensors"] = [] };
            var map = new List<string>();
            foreach (var (role, layer, tensor, _) in model.AllWeights())
            {
                string shard = map.Count % 2 == 0 ? "a.safetensors" : "b.safetensors";
                float[] values = WeightShapes.IsMatrix(role) ? [.. model.Decode(role, layer).SelectMany(r => r)] : model.GetVector(role, layer);
                shards[shard].Add((tensor.Name, [.. tensor.Shape.Select(d => (int)d)], values));
                map.Add($"\"{tensor.Name}\": \"{shard}\"");
            }

            foreach (var (name, tensors) in shards)
                File.WriteAllBytes(tiny.PathOf(name), TinyModel.SafeTensors(tensors));
            tiny.Write("model.safetensors.index.json", $"{{\"weight_map\": {{{string.Join(",", map)}}}}}");
        }

        File.Delete(tiny.PathOf("model.safetensors"));
    }
}

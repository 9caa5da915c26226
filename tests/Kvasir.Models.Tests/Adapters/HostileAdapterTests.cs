using System.Text.Json.Nodes;
using Kvasir.Models.Tests.Support;
using Kvasir.Tests.Shared;

namespace Kvasir.Models.Tests.Adapters;

/// <summary>Adapters that are damaged, made for another model, or of a kind that cannot be run: an error that says so, and nothing else.</summary>
public sealed class HostileAdapterTests : IDisposable
{
    private const string Query = "base_model.model.model.layers.0.self_attn.q_proj";
    private const int Hidden = TinyModel.Hidden;
    private const int Outputs = TinyModel.Heads * TinyModel.HeadDim;

    private readonly TinyModel _tiny = new();
    private readonly ModelConfig _config;

    public HostileAdapterTests()
    {
        using var model = ModelFile.Open(_tiny.Folder);
        _config = model.Config;
    }

    public void Dispose() => _tiny.Dispose();

    [Theory]
    [InlineData("peft_type", "\"IA3\"", "IA3")]
    [InlineData("bias", "\"all\"", "bias")]
    [InlineData("bias", "\"lora_only\"", "bias")]
    [InlineData("use_dora", "true", "use_dora")]
    [InlineData("lora_bias", "true", "lora_bias")]
    [InlineData("fan_in_fan_out", "true", "fan_in_fan_out")]
    [InlineData("modules_to_save", "[\"lm_head\"]", "modules_to_save")]
    [InlineData("layer_replication", "[[0, 1], [0, 1]]", "layer_replication")]
    [InlineData("trainable_token_indices", "{\"embed_tokens\": [1]}", "trainable_token_indices")]
    [InlineData("alora_invocation_tokens", "[1, 2]", "alora_invocation_tokens")]
    [InlineData("init_lora_weights", "\"pissa_niter_16\"", "pissa")]
    public void KindsOfAdaptersThatCannotBeRun_AreNamed(string field, string value, string expected)
    {
        string path = Peft(json => json[field] = JsonNode.Parse(value));
        Assert.Contains(expected, Assert.Throws<UnsupportedModelException>(() => AdapterFile.Open(path, _config)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("r", "0", "\"r\"")]
    [InlineData("r", "5000", "\"r\"")]
    [InlineData("r", "\"four\"", "\"r\"")]
    [InlineData("r", "5", "rank 4 in the weights, 5 in the configuration")]
    [InlineData("lora_alpha", "1e300", "alpha is damaged")]
    [InlineData("lora_alpha", "{}", "\"lora_alpha\"")]
    [InlineData("use_rslora", "1", "\"use_rslora\"")]
    [InlineData("target_modules", "[\"k_proj\"]", "target_modules leave it out")]
    [InlineData("rank_pattern", "{\"(\": 4}", "not a regular expression")]
    [InlineData("rank_pattern", "{\"(?=q)q_proj\": 4}", "not a regular expression")]
    [InlineData("rank_pattern", "{\"q_proj\": -4}", "rank_pattern.q_proj")]
    [InlineData("alpha_pattern", "{\"q_proj\": \"8\"}", "alpha_pattern.q_proj")]
    [InlineData("alpha_pattern", "[1]", "alpha_pattern")]
    public void ConfigurationsThatCannotBe_AreRefusedWithTheField(string field, string value, string expected)
    {
        string path = Peft(json => json[field] = JsonNode.Parse(value));
        Assert.Contains(expected, Assert.Throws<ModelFormatException>(() => AdapterFile.Open(path, _config)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PatternsThatWouldTakeForever_DoNot()
    {
        string nested = Peft(json => json["alpha_pattern"] = new JsonObject { ["(([a-z_.]*)*)*!"] = 3 });
        Assert.All(AdapterFile.Open(nested, _config).Matrices, matrix => Assert.Equal(2, matrix.Scale));
        string large = Peft(json => json["alpha_pattern"] = new JsonObject { ["((a{900}){900}){900}"] = 3 });
        Assert.Contains("not a regular expression", Refused(() => AdapterFile.Open(large, _config)).Message, StringComparison.Ordinal);
        string many = Peft(json => json["rank_pattern"] = new JsonObject(
            Enumerable.Range(0, 4097).Select(i => KeyValuePair.Create<string, JsonNode?>($"m{i}", 4))));
        Assert.Contains("more than 4096", Assert.Throws<ModelFormatException>(() => AdapterFile.Open(many, _config)).Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, string, int[], int[], string> WrongTensors => new()
    {
        { Query, Query, [4, Hidden + 1], [Outputs, 4], "another model" },
        { Query, Query, [4, Hidden], [Outputs + 1, 4], "another model" },
        { Query, Query, [4, Hidden], [Outputs, 3], "another model" },
        { Query, Query, [Hidden, 4], [4, Outputs], "another model" },
        { Query, Query, [4 * Hidden], [Outputs, 4], "another model" },
        { Query, Query, [0, Hidden], [Outputs, 0], "another model" },
        { Query, Query, [4, 1, Hidden], [Outputs, 4], "another model" },
        { Query, Query.Replace("q_proj", "k_proj", StringComparison.Ordinal), [4, Hidden], [TinyModel.KvHeads * TinyModel.HeadDim, 4], "no partner" },
        { Query, Query.Replace("layers.0", "layers.7", StringComparison.Ordinal), [4, Hidden], [Outputs, 4], "layers.7" },
        { "base_model.model.lm_head", "base_model.model.lm_head", [4, Hidden], [9, 4], "lm_head" },
        { "model.layers.0.self_attn.q_proj", "model.layers.0.self_attn.q_proj", [4, Hidden], [Outputs, 4], "none that an adapter" },
    };

    [Theory]
    [MemberData(nameof(WrongTensors))]
    public void TensorsThatDoNotFitTheModel_AreRefusedWithTheirNames(string nameA, string nameB, int[] a, int[] b, string expected)
    {
        string path = Peft();
        WriteTensors(path, ($"{nameA}.lora_A.weight", a, 0.1f), ($"{nameB}.lora_B.weight", b, 0.1f));
        Assert.Contains(expected, Refused(() => AdapterFile.Open(path, _config)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OtherTensors_NoTensors_AndValuesThatAreNoNumbers_AreRefused()
    {
        string path = Peft();
        WriteTensors(path, ($"{Query}.lora_magnitude_vector", [Outputs], 1));
        Assert.Contains("lora_magnitude_vector", Refused(() => AdapterFile.Open(path, _config)).Message, StringComparison.Ordinal);
        WriteTensors(path);
        Assert.Contains("no matrices", Refused(() => AdapterFile.Open(path, _config)).Message, StringComparison.Ordinal);
        WriteTensors(path, ($"{Query}.lora_A.weight", [4, Hidden], float.NaN), ($"{Query}.lora_B.weight", [Outputs, 4], 1));
        Assert.Contains("not a finite number", Refused(() => AdapterFile.Open(path, _config)).Message, StringComparison.Ordinal);
        File.Delete(Path.Combine(path, "adapter_model.safetensors"));
        Assert.Contains("pickled", Refused(() => AdapterFile.Open(path, _config)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void GgufFilesThatAreNoLoraForThisModel_AreRefused()
    {
        var adapter = new TestAdapter(_config, 1);
        string path = _tiny.PathOf("a.gguf");
        Assert.Contains("general.type", Refused(() => AdapterFile.Open(adapter.WriteGguf(path, type: null), _config)).Message, StringComparison.Ordinal);
        Assert.Contains("control", Refused(() => AdapterFile.Open(adapter.WriteGguf(path, kind: "control"), _config)).Message, StringComparison.Ordinal);
        Assert.Contains("qwen2", Refused(() => AdapterFile.Open(adapter.WriteGguf(path, architecture: "qwen2"), _config)).Message, StringComparison.Ordinal);
        string invocation = adapter.WriteGguf(path, extraKey: "adapter.alora.invocation_tokens");
        Assert.Contains("aLoRA", Refused(() => AdapterFile.Open(invocation, _config)).Message, StringComparison.Ordinal);
        var wider = _config with { HiddenSize = 2 * _config.HiddenSize };
        Assert.Contains("another model", Refused(() => AdapterFile.Open(adapter.WriteGguf(path), wider)).Message, StringComparison.Ordinal);
        var shallower = _config with { Layers = 1 };
        Assert.Contains("blk.1.", Refused(() => AdapterFile.Open(path, shallower)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("adapter_config.json", 23, 500)]
    [InlineData("adapter_model.safetensors", 24, 500)]
    public void MutatedPeftFiles_OpenOrAreRefused(string name, int seed, int count)
    {
        string folder = Peft();
        string path = Path.Combine(folder, name);
        int header = name.EndsWith(".json", StringComparison.Ordinal)
            ? (int)new FileInfo(path).Length
            : 8 + (int)BitConverter.ToUInt64(File.ReadAllBytes(path));
        Mutate(path, folder, header, seed, count);
    }

    [Fact]
    public void MutatedGgufAdapters_OpenOrAreRefused()
    {
        string path = new TestAdapter(_config, 1).WriteGguf(_tiny.PathOf("a.gguf"));
        int header;
        using (var file = GgufFile.Open(path))
            header = (int)file.Tensors.Values.Min(tensor => tensor.Offset);
        Mutate(path, path, header, seed: 25, count: 500);
    }

    private static Exception Refused(Action open)
    {
        var error = Record.Exception(open);
        Assert.True(error is ModelFormatException or UnsupportedModelException, $"not refused: {error}");
        return error!;
    }

    private static void WriteTensors(string folder, params (string Name, int[] Shape, float Value)[] tensors) => File.WriteAllBytes(
        Path.Combine(folder, "adapter_model.safetensors"),
        TestAdapter.SafeTensors(tensors.Select(tensor =>
            (tensor.Name, tensor.Shape, Enumerable.Repeat(tensor.Value, tensor.Shape.Aggregate(1, (a, b) => a * b)).ToArray()))));

    private string Peft(Action<JsonObject>? change = null) => new TestAdapter(_config, 1).WritePeft(_tiny.PathOf("peft"), change);

    private void Mutate(string path, string adapter, int header, int seed, int count)
    {
        byte[] good = File.ReadAllBytes(path);
        var random = new Random(seed);
        int refused = 0;
        for (int round = 0; round < count; round++)
        {
            File.WriteAllBytes(path, Damaged.Bytes(good, random, header));
            try
            {
                AdapterFile.Open(adapter, _config);
            }
            catch (Exception e) when (e is ModelFormatException or UnsupportedModelException)
            {
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, round {round}: {e}");
            }
        }

        Assert.InRange(refused, count / 10, count);
    }
}

using System.Text.Json.Nodes;
using Kvasir.Models.Tests.Support;
using Kvasir.Tests.Shared;

namespace Kvasir.Models.Tests.Adapters;

public sealed class AdapterFileTests : IDisposable
{
    private readonly TinyModel _tiny = new();
    private readonly ModelConfig _config;

    public AdapterFileTests()
    {
        using var model = ModelFile.Open(_tiny.Folder);
        _config = model.Config;
    }

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void BothFormats_GiveTheSameMatricesAndFingerprint()
    {
        var adapter = new TestAdapter(_config, seed: 1, rank: 5, alpha: 10);
        var peft = AdapterFile.Open(adapter.WritePeft(_tiny.PathOf("peft")), _config);
        var gguf = AdapterFile.Open(adapter.WriteGguf(_tiny.PathOf("a.gguf")), _config);
        Assert.Equal(7 * TinyModel.Layers, peft.Matrices.Count);
        Assert.Equal(5, peft.Rank);
        Assert.All(peft.Matrices, matrix => Assert.Equal(2, matrix.Scale));
        foreach (var (a, b) in peft.Matrices.Zip(gguf.Matrices))
        {
            Assert.Equal((a.Role, a.Layer, a.Rank, a.Inputs, a.Outputs, a.Scale), (b.Role, b.Layer, b.Rank, b.Inputs, b.Outputs, b.Scale));
            Assert.Equal(a.A, b.A);
            Assert.Equal(a.B, b.B);
        }

        Assert.Matches("^[0-9a-f]{64}$", peft.Fingerprint);
        Assert.Equal(peft.Fingerprint, gguf.Fingerprint);
    }

    [Fact]
    public void Fingerprint_CoversValuesFactorsAndPlaces()
    {
        string[] fingerprints =
        [
            Fingerprint(new TestAdapter(_config, 1)),
            Fingerprint(new TestAdapter(_config, 2)),
            Fingerprint(new TestAdapter(_config, 1, rank: 4, alpha: 9)),
            Fingerprint(new TestAdapter(_config, 1, rank: 4, alpha: 8, WeightRole.Key)),
            Fingerprint(new TestAdapter(_config, 1, rank: 4, alpha: 8, WeightRole.Value)),
            Fingerprint(new TestAdapter(_config, 1, rank: 4, alpha: 8, WeightRole.Gate)),
            Fingerprint(new TestAdapter(_config, 1, rank: 4, alpha: 8, WeightRole.Up)),
        ];
        Assert.Equal(fingerprints.Length, fingerprints.Distinct().Count());
        Assert.Equal(fingerprints[0], Fingerprint(new TestAdapter(_config, 1)));
    }

    [Fact]
    public void RankStabilisedAdapters_DivideByTheRoot()
    {
        string path = new TestAdapter(_config, 1, rank: 9, alpha: 6).WritePeft(_tiny.PathOf("peft"), json => json["use_rslora"] = true);
        Assert.All(AdapterFile.Open(path, _config).Matrices, matrix => Assert.Equal(2, matrix.Scale));
    }

    [Fact]
    public void AlphaPatterns_MatchTheEndOfAName_AndTheFirstCounts()
    {
        string path = new TestAdapter(_config, 1, rank: 4, alpha: 8).WritePeft(_tiny.PathOf("peft"), json => json["alpha_pattern"] = new JsonObject
        {
            ["q_proj"] = 4,
            [@"^model\.layers\.1\.self_attn\.[qk]_proj"] = 40,
            ["proj"] = 400, // no module is called so
            ["layers.0.mlp.(up|down)_proj"] = 12.0,
        });
        foreach (var matrix in AdapterFile.Open(path, _config).Matrices)
        {
            float expected = (matrix.Role, matrix.Layer) switch
            {
                (WeightRole.Query, _) => 1,
                (WeightRole.Key, 1) => 10,
                (WeightRole.Up or WeightRole.Down, 0) => 3,
                _ => 2,
            };
            Assert.True(expected == matrix.Scale, $"{matrix.Role} of layer {matrix.Layer} has the factor {matrix.Scale}, not {expected}");
        }
    }

    [Fact]
    public void RankPatterns_AreWhatTheWeightsMustHave()
    {
        var adapter = new TestAdapter(_config, 1, rank: 4, alpha: 8);
        string good = adapter.WritePeft(_tiny.PathOf("good"), json =>
        {
            json["r"] = 16;
            json["rank_pattern"] = new JsonObject { [@"self_attn\..*"] = 4, ["(gate|up|down)_proj"] = 4 };
        });
        Assert.All(AdapterFile.Open(good, _config).Matrices, matrix => Assert.Equal(2, matrix.Scale));
        string bad = adapter.WritePeft(_tiny.PathOf("bad"), json => json["rank_pattern"] = new JsonObject { ["v_proj"] = 3 });
        var error = Assert.Throws<ModelFormatException>(() => AdapterFile.Open(bad, _config));
        Assert.Contains("v_proj has rank 4 in the weights, 3 in the configuration", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void GgufAlphaOfZero_MeansNoScaling()
    {
        string path = new TestAdapter(_config, 1, rank: 4, alpha: 0).WriteGguf(_tiny.PathOf("a.gguf"));
        Assert.All(AdapterFile.Open(path, _config).Matrices, matrix => Assert.Equal(1, matrix.Scale));
    }

    [Fact]
    public void AdaptersAndModels_AreToldApart()
    {
        var adapter = new TestAdapter(_config, 1);
        string folder = adapter.WritePeft(_tiny.PathOf("peft"));
        string file = adapter.WriteGguf(_tiny.PathOf("a.gguf"));
        string model = _tiny.PathOf("model.gguf");
        using (var source = ModelFile.Open(_tiny.Folder))
            ModelConverter.Convert(source, model, new ConversionOptions { Rounding = new NearestRounding() });
        Assert.Contains("--adapter", Assert.Throws<UnsupportedModelException>(() => ModelFile.Open(folder)).Message, StringComparison.Ordinal);
        Assert.Contains("--adapter", Assert.Throws<UnsupportedModelException>(() => ModelFile.Open(file)).Message, StringComparison.Ordinal);
        Assert.Contains("no adapter", Assert.Throws<ModelFormatException>(() => AdapterFile.Open(model, _config)).Message, StringComparison.Ordinal);
        Assert.Contains("no PEFT adapter", Assert.Throws<ModelFormatException>(() => AdapterFile.Open(_tiny.Folder, _config)).Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => AdapterFile.Open(_tiny.PathOf("nothing"), _config));
        string inside = Path.Combine(folder, "adapter_model.safetensors");
        Assert.Contains("give the folder", Assert.Throws<UnsupportedModelException>(() => AdapterFile.Open(inside, _config)).Message, StringComparison.Ordinal);
    }

    private string Fingerprint(TestAdapter adapter)
    {
        string path = _tiny.PathOf(Guid.NewGuid().ToString("N"));
        return AdapterFile.Open(adapter.WritePeft(path), _config).Fingerprint;
    }
}

using System.Globalization;
using System.Runtime.InteropServices;
using Kvasir.Benchmarks.Families;
using Kvasir.Benchmarks.Tests.Families.Oracle;
using Kvasir.Engine;
using Kvasir.Engine.Verification;
using Kvasir.Models;

namespace Kvasir.Benchmarks.Tests.Families;

/// <summary>Tiny random encoders against a second implementation of their definitions in double precision.</summary>
public sealed class EncoderOracleTests : IDisposable
{
    private const int Tokens = 40;

    private static readonly Dictionary<string, (Func<PlainWeights, int[], int[], double[][]> Run, int Kinds)> Oracles = new()
    {
        ["bert"] = (EncoderOracles.Bert, 2),
        ["bert-mlm"] = (EncoderOracles.BertLogits, 2),
        ["bert-tanh"] = (EncoderOracles.BertTanhLogits, 2),
        ["roberta"] = (EncoderOracles.Roberta, 2),
        ["roberta-mlm"] = (EncoderOracles.RobertaLogits, 2),
        ["distilbert"] = (EncoderOracles.DistilBertLogits, 0),
        ["modernbert"] = (EncoderOracles.ModernBert, 0),
        ["modernbert-mlm"] = (EncoderOracles.ModernBertLogits, 0),
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("kvasir-encoder-").FullName;

    public static TheoryData<string> Names => [.. Oracles.Keys];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public void Rows_AreThoseOfThePlainDefinition(string name)
    {
        RandomFamilies.Write(_folder, TinyEncoders.Config(name), seed: 5);
        var (tokens, types) = Text(Oracles[name].Kinds);
        WriteReference(tokens, types, Oracles[name].Run(new PlainWeights(_folder), tokens, types));

        var report = FixtureVerification.Run(_folder);

        Assert.True(report.Pass, $"{name}: off by {report.MaxAbsDiff} in a range of {report.LogitRange}");
        Assert.Equal(Tokens, report.Rows);
    }

    [Theory]
    [InlineData("bert")]
    [InlineData("modernbert")]
    public void TextsOfOneToken_AreComputed(string name)
    {
        RandomFamilies.Write(_folder, TinyEncoders.Config(name), seed: 6);
        WriteReference([7], [0], Oracles[name].Run(new PlainWeights(_folder), [7], [0]));
        Assert.True(FixtureVerification.Run(_folder).Pass);
    }

    [Fact]
    public void HiddenStates_OfAModelWithAHead_CanBeTheReference()
    {
        RandomFamilies.Write(_folder, TinyEncoders.Config("bert-mlm"), seed: 5);
        var (tokens, types) = Text(2);
        WriteReference(tokens, types, EncoderOracles.Bert(new PlainWeights(_folder), tokens, types));
        Assert.True(FixtureVerification.Run(_folder).Pass);
    }

    [Theory]
    [InlineData("bert", "bert.", "")]
    [InlineData("bert-mlm", "LayerNorm.weight", "LayerNorm.gamma")]
    [InlineData("bert-mlm", "LayerNorm.bias", "LayerNorm.beta")]
    [InlineData("modernbert", "model.", "")]
    public void OtherNames_AreTheSameModel(string name, string from, string to)
    {
        var plain = RandomFamilies.Write(Path.Combine(_folder, "plain"), TinyEncoders.Config(name), seed: 5);
        var renamed = RandomFamilies.Write(Path.Combine(_folder, "renamed"), TinyEncoders.Config(name), seed: 5, tensor => tensor.Replace(from, to, StringComparison.Ordinal));
        using var first = ModelFile.Open(plain);
        using var second = ModelFile.Open(renamed);
        Assert.Equal(first.Fingerprint, second.Fingerprint);
    }

    [Fact]
    public void Fingerprints_DifferByWhatAnEncoderHas()
    {
        string Fingerprint(string name, string config)
        {
            using var model = ModelFile.Open(RandomFamilies.Write(Path.Combine(_folder, name), config, seed: 5));
            return model.Fingerprint.ToString();
        }

        var config = TinyEncoders.Config("modernbert");
        Assert.NotEqual(Fingerprint("a", config), Fingerprint("b", config.Replace("\"local_attention\": 8", "\"local_attention\": 10", StringComparison.Ordinal)));
    }

    [Fact]
    public void Kinds_ThatTheModelHasNot_AreRefused()
    {
        RandomFamilies.Write(_folder, TinyEncoders.Config("bert"), seed: 5);
        WriteReference([1, 2], [0, 2], [new double[64], new double[64]]);
        Assert.Contains("token_type_ids", Assert.Throws<InvalidDataException>(() => FixtureVerification.Run(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Engine_RefusesAnEncoder_AndSaysWhatToDo()
    {
        RandomFamilies.Write(_folder, TinyEncoders.Config("bert"), seed: 5);
        var error = Assert.Throws<UnsupportedModelException>(() => KvasirEngine.Load(_folder));
        Assert.Contains("kvasir embed", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"pad_token_id\": 0", "\"position_embedding_type\": \"relative_key\"", "relative_key")]
    [InlineData("\"pad_token_id\": 0", "\"is_decoder\": true", "is_decoder")]
    public void Configurations_ThatAreNotDone_AreRefused(string from, string to, string named)
    {
        File.WriteAllText(Path.Combine(_folder, "config.json"), TinyEncoders.Config("bert").Replace(from, to, StringComparison.Ordinal));
        Assert.Contains(named, Assert.Throws<UnsupportedModelException>(() => ModelFile.Open(_folder)).Message, StringComparison.Ordinal);
    }

    /// <summary>Random tokens, among them paddings of RoBERTa; the kinds change in the middle.</summary>
    private static (int[] Tokens, int[] Types) Text(int kinds)
    {
        var random = new Random(11);
        int[] tokens = [.. Enumerable.Range(0, Tokens).Select(i => i is 9 or 30 ? 1 : random.Next(320))];
        return (tokens, [.. Enumerable.Range(0, Tokens).Select(i => kinds > 1 && i > 17 ? 1 : 0)]);
    }

    private void WriteReference(int[] tokens, int[] types, double[][] rows)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $$"""{"prompts": [{"input_ids": [{{string.Join(',', tokens)}}], "token_type_ids": [{{string.Join(',', types)}}]}]}""");
        File.WriteAllText(Path.Combine(_folder, FixtureVerification.FileName), text);
        float[] flat = [.. rows.SelectMany(row => row).Select(v => (float)v)];
        File.WriteAllBytes(Path.Combine(_folder, "logits_0.f32"), MemoryMarshal.AsBytes<float>(flat).ToArray());
    }
}

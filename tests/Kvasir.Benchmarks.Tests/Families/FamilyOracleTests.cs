using System.Runtime.InteropServices;
using Kvasir.Benchmarks.Families;
using Kvasir.Benchmarks.Tests.Families.Oracle;
using Kvasir.Engine.Verification;

namespace Kvasir.Benchmarks.Tests.Families;

/// <summary>
/// Tiny random models of families that have no fixture, against a second implementation of their definitions in double precision.
/// </summary>
public sealed class FamilyOracleTests
{
    private const int Tokens = 24;

    internal static readonly Dictionary<string, Func<PlainWeights, int[], double[][]>> Oracles = new()
    {
        ["llama-yarn"] = LlamaOracles.Yarn,
        ["mistral"] = LlamaOracles.Mistral,
        ["ministral3"] = LlamaOracles.Ministral3,
        ["mixtral"] = LlamaOracles.Mixtral,
        ["qwen2-windows"] = LlamaOracles.Qwen2,
        ["qwen2-moe"] = LlamaOracles.Qwen2Moe,
        ["qwen3"] = LlamaOracles.Qwen3,
        ["gemma3"] = LlamaOracles.Gemma3,
        ["granite"] = LlamaOracles.Granite,
        ["granite-moe"] = LlamaOracles.GraniteMoe,
        ["smollm3"] = LlamaOracles.SmolLm3,
        ["gpt-oss"] = LlamaOracles.GptOss,
        ["gpt2"] = GptOracles.Gpt2,
        ["gpt-neox"] = GptOracles.NeoX,
        ["gpt-neox-sequential"] = GptOracles.NeoX,
        ["gptj"] = GptOracles.GptJ,
        ["opt-post"] = GptOracles.OptPost,
        ["bloom"] = GptOracles.Bloom,
        ["falcon"] = GptOracles.Falcon,
        ["falcon-multi-query"] = GptOracles.FalconMultiQuery,
        ["falcon-alibi"] = GptOracles.FalconAlibi,
        ["stablelm"] = OtherOracles.StableLm,
        ["phi3-long"] = OtherOracles.Phi3,
        ["starcoder2"] = OtherOracles.StarCoder2,
        ["cohere"] = (w, tokens) => OtherOracles.Cohere(w, tokens, second: false),
        ["cohere2"] = (w, tokens) => OtherOracles.Cohere(w, tokens, second: true),
        ["deepseek-v2"] = (w, tokens) => OtherOracles.DeepSeek(w, tokens, third: false),
        ["deepseek-v3"] = (w, tokens) => OtherOracles.DeepSeek(w, tokens, third: true),
        ["mamba2"] = OtherOracles.Mamba2,
        ["mamba"] = MambaOracles.Mamba,
        ["jamba"] = MambaOracles.Jamba,
        ["bamba"] = OtherOracles.Bamba,
        ["granite-hybrid"] = (w, tokens) => OtherOracles.GraniteHybrid(w, tokens, dense: false),
        ["granite-hybrid-dense"] = (w, tokens) => OtherOracles.GraniteHybrid(w, tokens, dense: true),
    };

    public static TheoryData<string> Names => [.. Oracles.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Logits_AreThoseOfThePlainDefinition(string name)
    {
        var folder = Directory.CreateTempSubdirectory("kvasir-family-");
        try
        {
            RandomFamilies.Write(folder.FullName, TinyFamilies.All.Single(family => family.Name == name).Config, seed: 5);
            var random = new Random(11);
            int[] tokens = [.. Enumerable.Range(0, Tokens).Select(_ => random.Next(320))];
            var logits = Oracles[name](new PlainWeights(folder.FullName), tokens);
            File.WriteAllText(Path.Combine(folder.FullName, FixtureVerification.FileName), $$"""{"prompts": [{"input_ids": [{{string.Join(',', tokens)}}]}]}""");
            float[] flat = [.. logits.SelectMany(row => row).Select(v => (float)v)];
            File.WriteAllBytes(Path.Combine(folder.FullName, "logits_0.f32"), MemoryMarshal.AsBytes<float>(flat).ToArray());

            var report = FixtureVerification.Run(folder.FullName);

            Assert.True(report.Pass, $"{name}: off by {report.MaxAbsDiff} in a range of {report.LogitRange}");
            Assert.Equal(Tokens, report.Rows);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}

using System.Runtime.InteropServices;
using Kvasir.Benchmarks.Families;
using Kvasir.Benchmarks.Tests.Families.Oracle;
using Kvasir.Engine;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Verification;
using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Benchmarks.Tests.Families;

/// <summary>Folders of every family that GGUF has an architecture for, converted: the file computes what the folder does, and what it cannot say is refused.</summary>
public sealed class GgufConversionTests : IDisposable
{
    private const int Tokens = 24;

    private readonly string _folder = Directory.CreateTempSubdirectory("kvasir-convert-").FullName;

    /// <summary>Families whose definition is written plainly in the tests.</summary>
    public static TheoryData<string, string> WithOracle => new()
    {
        { "llama-yarn", "llama" }, { "mistral", "llama" }, { "mixtral", "llama" }, { "qwen2-moe", "qwen2moe" }, { "qwen3", "qwen3" },
        { "granite", "granite" }, { "granite-moe", "granitemoe" }, { "gpt-oss", "gpt-oss" }, { "gpt-neox", "gptneox" },
        { "gpt-neox-sequential", "gptneox" }, { "bloom", "bloom" }, { "falcon", "falcon" }, { "falcon-multi-query", "falcon" },
        { "stablelm", "stablelm" }, { "phi3-long", "phi3" }, { "starcoder2", "starcoder2" }, { "cohere", "command-r" },
        { "deepseek-v2", "deepseek2" },
    };

    /// <summary>The others: name, architecture, and what must be changed for a file to be able to say it.</summary>
    public static TheoryData<string, string, string, string> WithoutOracle => new()
    {
        { "qwen3-moe", "qwen3moe", "", "" },
        { "gemma", "gemma", "", "" },
        { "gemma2", "gemma2", "\"query_pre_attn_scalar\": 24", "\"query_pre_attn_scalar\": 16" },
        { "gemma3", "gemma3", "\"query_pre_attn_scalar\": 24, \"sliding_window\": 8, \"layer_types\": [\"sliding_attention\", \"sliding_attention\", \"full_attention\"]", "\"query_pre_attn_scalar\": 16, \"sliding_window\": 8" },
        { "phi", "phi2", "", "" },
        { "gpt2", "gpt2", "\"scale_attn_by_inverse_layer_idx\": true", "\"scale_attn_by_inverse_layer_idx\": false" },
        { "olmo2", "olmo2", "", "" },
        { "glm4", "glm4", "", "" },
        { "cohere2", "cohere2", "\"full_attention\"", "\"sliding_attention\"" },
        { "smollm3", "smollm3", "[1, 0, 1]", "[1, 1, 1]" },
        { "deepseek-v3", "deepseek2", "\"mscale\": 1.0", "\"mscale\": 0.7" },
        { "mamba2", "mamba2", "\"n_groups\": 2, \"conv_kernel\": 4, \"expand\": 2, \"layer_norm_epsilon\": 1e-5, \"use_bias\": true, \"use_conv_bias\": true, \"time_step_limit\": [0.01, 0.9]", "\"n_groups\": 1, \"layer_norm_epsilon\": 1e-5, \"use_bias\": false" },
    };

    [Theory]
    [MemberData(nameof(WithOracle))]
    public void ConvertedFile_HasTheLogitsOfTheDefinition(string name, string architecture)
    {
        var (folder, file) = Convert(name, Config(name), architecture);
        var random = new Random(11);
        int[] tokens = [.. Enumerable.Range(0, Tokens).Select(_ => random.Next(320))];
        float[] logits = [.. FamilyOracleTests.Oracles[name](new PlainWeights(folder), tokens).SelectMany(row => row).Select(v => (float)v)];
        File.WriteAllText(Path.Combine(folder, FixtureVerification.FileName), $$"""{"prompts": [{"input_ids": [{{string.Join(',', tokens)}}]}]}""");
        File.WriteAllBytes(Path.Combine(folder, "logits_0.f32"), MemoryMarshal.AsBytes<float>(logits).ToArray());

        var report = FixtureVerification.Run(folder, file);

        Assert.Equal(architecture, report.Architecture);
        Assert.True(report.Pass, $"{name}: off by {report.MaxAbsDiff} in a range of {report.LogitRange}");
    }

    [Theory]
    [MemberData(nameof(WithoutOracle))]
    public async Task ConvertedFile_AnswersAsTheFolderDoes(string name, string architecture, string from, string to)
    {
        var config = from.Length == 0 ? Config(name) : Config(name).Replace(from, to, StringComparison.Ordinal);
        Assert.True(from.Length == 0 || config != Config(name), "nothing was changed");
        var (folder, file) = Convert(name, config, architecture);
        int[] tokens = [.. Enumerable.Range(0, 60).Select(i => (i * 53) % 320)];
        float[] expected = await Logprobs(folder, tokens), actual = await Logprobs(file, tokens);
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 1e-4f);
    }

    [Theory]
    [InlineData("gemma2", "gemma2")]
    [InlineData("smollm3", "smollm3")]
    [InlineData("qwen2-windows", "qwen2")]
    [InlineData("falcon-alibi", "falcon")]
    [InlineData("deepseek-v3", "deepseek2")]
    [InlineData("cohere2", "cohere2")]
    [InlineData("gptj", "gptj")]
    [InlineData("opt-post", "opt")]
    [InlineData("ministral3", "ministral3")]
    [InlineData("bamba", "bamba")]
    [InlineData("mamba2", "MixerInputBias")]
    public void WhatAFileCannotSay_IsRefused_AndLeavesNothing(string name, string says)
    {
        var folder = RandomFamilies.Write(Path.Combine(_folder, name), Config(name), seed: 8);
        using var source = ModelFile.Open(folder);
        var refused = Assert.Throws<UnsupportedModelException>(
            () => ModelConverter.Convert(source, Path.Combine(_folder, "model.gguf"), new ConversionOptions { Type = DataType.F32 }));
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Theory]
    [InlineData("gpt-oss")]
    [InlineData("deepseek-v2")]
    [InlineData("phi3-long")]
    [InlineData("falcon")]
    public void AFileMadeFromAFile_IsTheSame(string name)
    {
        var (_, file) = Convert(name, Config(name), null);
        var again = Path.Combine(_folder, "again.gguf");
        using (var source = ModelFile.Open(file))
            ModelConverter.Convert(source, again, new ConversionOptions { Type = null });
        Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(again));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Config(string name) => TinyFamilies.All.Single(family => family.Name == name).Config;

    private (string Folder, string File) Convert(string name, string config, string? architecture)
    {
        var folder = RandomFamilies.Write(Path.Combine(_folder, name), config, seed: 8);
        var file = Path.Combine(_folder, "model.gguf");
        using (var source = ModelFile.Open(folder))
            ModelConverter.Convert(source, file, new ConversionOptions { Name = "model", Type = DataType.F32 });
        using var converted = ModelFile.Open(file);
        if (architecture is not null)
            Assert.Equal(architecture, converted.Config.Architecture);
        return (folder, file);
    }

    /// <summary>Log-probabilities of a greedy answer, and the tokens that they are of.</summary>
    private static async Task<float[]> Logprobs(string path, int[] tokens)
    {
        using var engine = KvasirEngine.Load(path);
        var generation = engine.Submit(new GenerationRequest { Prompt = tokens, MaxTokens = 8, IgnoreStopTokens = true, TopLogprobs = 5 });
        var answer = (await generation.CompleteAsync())[0];
        return [.. answer.TopLogprobs!.SelectMany(row => row).SelectMany(entry => new[] { entry.Token, entry.Logprob })];
    }
}

using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Kvasir.Benchmarks.Families;
using Kvasir.Benchmarks.Tests.Families.Oracle;
using Kvasir.Engine;
using Kvasir.Engine.Requests;
using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Benchmarks.Tests.Families;

/// <summary>Families in GGUF, under llama.cpp's names and keys: the file of the same weights gives the same answers and log-probabilities, to the last bit.</summary>
public sealed class GgufFamilyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kvasir-gguf-").FullName;

    /// <summary>Names in a folder and in a file; E is an expert's number, and where it stands the experts are stacked.</summary>
    private static readonly (string Folder, string File)[] Names =
    [
        ("embed_tokens", "token_embd"), ("lm_head", "output"), (@"model\.norm", "output_norm"), ("input_layernorm", "attn_norm"),
        (@"self_attn\.(q|k|v)_proj", "attn_$1"), (@"self_attn\.o_proj", "attn_output"), (@"self_attn\.(q|k)_norm", "attn_$1_norm"),
        (@"mlp\.(gate|up|down)_proj", "ffn_$1"), (@"mlp\.gate\.", "ffn_gate_inp."), (@"mlp\.experts\.\d+\.(gate|up|down)_proj", "ffn_$1_exps"),
        (@"mlp\.shared_experts?\.(gate|up|down)_proj", "ffn_$1_shexp"), (@"mlp\.shared_expert_gate", "ffn_gate_inp_shexp"),
    ];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("qwen3", "qwen3")]
    [InlineData("qwen3-moe", "qwen3moe")]
    [InlineData("gemma2", "gemma2")]
    public async Task FileOfTheSameWeights_GivesTheSameLogits(string name, string architecture)
    {
        var config = TinyFamilies.All.Single(family => family.Name == name).Config;
        if (name == "gemma2")
            config = config.Replace("\"query_pre_attn_scalar\": 24", "\"query_pre_attn_scalar\": 16", StringComparison.Ordinal); // what the file's head dimension says
        if (name == "qwen3")
            config = config.Replace("\"attention_bias\": true", "\"attention_bias\": false", StringComparison.Ordinal);
        var folder = RandomFamilies.Write(Path.Combine(_folder, name), config, seed: 8);
        var file = Path.Combine(_folder, "model.gguf");
        WriteFile(folder, file, architecture);
        var text = Enumerable.Range(0, 60).Select(i => (i * 53) % 320).ToArray();

        var expected = await Logits(folder, text);
        var actual = await Logits(file, text);

        Assert.Equal(expected, actual);
    }

    /// <summary>The log-probabilities of a greedy answer, which are functions of all logits.</summary>
    private static async Task<float[]> Logits(string path, int[] tokens)
    {
        using var engine = KvasirEngine.Load(path);
        var generation = engine.Submit(new GenerationRequest { Prompt = tokens, MaxTokens = 8, IgnoreStopTokens = true, TopLogprobs = 5 });
        var answer = (await generation.CompleteAsync())[0];
        return [.. answer.TopLogprobs!.SelectMany(row => row).SelectMany(entry => new[] { entry.Token, entry.Logprob })];
    }

    private static void WriteFile(string folder, string path, string architecture)
    {
        var weights = new PlainWeights(folder);
        using var source = ModelFile.Open(folder);
        var config = source.Config;
        using var writer = new GgufWriter(path);
        writer.Add("general.architecture", architecture);
        writer.Add($"{architecture}.context_length", config.MaxContext);
        writer.Add($"{architecture}.embedding_length", config.HiddenSize);
        writer.Add($"{architecture}.block_count", config.Layers);
        writer.Add($"{architecture}.feed_forward_length", config.IntermediateSize);
        writer.Add($"{architecture}.attention.head_count", config.QueryHeads);
        writer.Add($"{architecture}.attention.head_count_kv", config.KvHeads);
        writer.Add($"{architecture}.attention.key_length", config.HeadDim);
        writer.Add($"{architecture}.attention.value_length", config.HeadDim);
        writer.Add($"{architecture}.attention.layer_norm_rms_epsilon", config.NormEpsilon);
        writer.Add($"{architecture}.rope.freq_base", 10000f);
        if (config.Experts is { } experts)
        {
            writer.Add($"{architecture}.expert_count", experts.Count);
            writer.Add($"{architecture}.expert_used_count", experts.Chosen);
        }

        if (architecture == "gemma2")
        {
            writer.Add("gemma2.attention.sliding_window", 8);
            writer.Add("gemma2.attn_logit_softcapping", 2f);
            writer.Add("gemma2.final_logit_softcapping", 3f);
        }

        var tensors = weights.Names.GroupBy(name => Name(name, architecture)).ToDictionary(group => group.Key, group => group.OrderBy(Expert).ToArray());
        foreach (var (name, parts) in tensors)
            writer.Declare(name, DataType.F32, parts.Length > 1 ? [parts.Length, .. weights.Shape(parts[0])] : weights.Shape(parts[0]));
        writer.BeginData();
        foreach (var (name, parts) in tensors)
        {
            writer.BeginTensor(name);
            foreach (var part in parts)
            {
                // llama.cpp's converter adds the 1 to Gemma's norms.
                var offset = architecture == "gemma2" && weights.Shape(part).Length == 1 ? 1f : 0;
                writer.Write(MemoryMarshal.AsBytes<float>([.. weights.Vector(part).Select(v => offset + (float)v)]));
            }
        }

        writer.Complete();
    }

    private static int Expert(string name) => Regex.Match(name, @"experts\.(\d+)\.") is { Success: true } match ? int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) : 0;

    private static string Name(string folderName, string architecture)
    {
        var name = Regex.Replace(folderName, @"^model\.layers\.(\d+)\.", "blk.$1.");
        name = architecture == "gemma2"
            ? name.Replace("pre_feedforward_layernorm", "ffn_norm", StringComparison.Ordinal).Replace("post_feedforward_layernorm", "post_ffw_norm", StringComparison.Ordinal)
                .Replace("post_attention_layernorm", "post_attention_norm", StringComparison.Ordinal)
            : name.Replace("post_attention_layernorm", "ffn_norm", StringComparison.Ordinal);
        foreach (var (from, to) in Names)
            name = Regex.Replace(name, from, to);
        return name.Replace("model.", "", StringComparison.Ordinal);
    }
}

using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Kvasir.Benchmarks.Families;
using Kvasir.Benchmarks.Tests.Families.Oracle;
using Kvasir.Engine.Embeddings;
using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Benchmarks.Tests.Families;

/// <summary>A BERT in GGUF, under llama.cpp's names and keys, gives the vectors of the folder of the same weights.</summary>
public sealed class GgufEncoderTests : IDisposable
{
    private static readonly (string Folder, string File)[] Names =
    [
        (@"bert\.embeddings\.word_embeddings", "token_embd"), (@"bert\.embeddings\.position_embeddings", "position_embd"),
        (@"bert\.embeddings\.token_type_embeddings", "token_types"), (@"bert\.embeddings\.LayerNorm", "token_embd_norm"), (@"bert\.encoder\.layer\.", "blk."),
        (@"attention\.self\.query", "attn_q"), (@"attention\.self\.key", "attn_k"), (@"attention\.self\.value", "attn_v"),
        (@"attention\.output\.dense", "attn_output"), (@"attention\.output\.LayerNorm", "attn_output_norm"), (@"intermediate\.dense", "ffn_up"),
        (@"output\.LayerNorm", "layer_output_norm"), (@"(\d+)\.output\.dense", "$1.ffn_down"),
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("kvasir-gguf-encoder-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1, EmbeddingPooling.Mean)]
    [InlineData(2, EmbeddingPooling.FirstToken)]
    public async Task FileOfTheSameWeights_GivesTheSameVectors(int type, EmbeddingPooling pooling)
    {
        var folder = RandomFamilies.Write(Path.Combine(_folder, "bert"), TinyEncoders.Config("bert"), seed: 8);
        var file = Path.Combine(_folder, "model.gguf");
        WriteFile(folder, file, type);
        using var first = EmbeddingEngine.Load(folder);
        using var second = EmbeddingEngine.Load(file);
        int[] text = [.. Enumerable.Range(0, 60).Select(i => (i * 53) % 320)];
        var expected = await first.EmbedAsync(new EmbeddingRequest { Prompt = text, Pooling = pooling });
        Assert.Equal(expected.Vector, (await second.EmbedAsync(new EmbeddingRequest { Prompt = text })).Vector);
    }

    private static void WriteFile(string folder, string path, int pooling)
    {
        var weights = new PlainWeights(folder);
        using var source = ModelFile.Open(folder);
        var config = source.Config;
        using var writer = new GgufWriter(path);
        writer.Add("general.architecture", "bert");
        writer.Add("bert.context_length", config.MaxContext);
        writer.Add("bert.embedding_length", config.HiddenSize);
        writer.Add("bert.block_count", config.Layers);
        writer.Add("bert.feed_forward_length", config.IntermediateSize);
        writer.Add("bert.attention.head_count", config.QueryHeads);
        writer.Add("bert.attention.layer_norm_epsilon", config.NormEpsilon);
        writer.Add("bert.pooling_type", pooling);
        var tensors = weights.Names.ToDictionary(Name);
        foreach (var (name, stored) in tensors)
            writer.Declare(name, DataType.F32, weights.Shape(stored));
        writer.BeginData();
        foreach (var (name, stored) in tensors)
        {
            writer.BeginTensor(name);
            writer.Write(MemoryMarshal.AsBytes<float>([.. weights.Vector(stored).Select(v => (float)v)]));
        }

        writer.Complete();
    }

    private static string Name(string name) => Names.Aggregate(name, (text, pair) => Regex.Replace(text, pair.Folder, pair.File));
}

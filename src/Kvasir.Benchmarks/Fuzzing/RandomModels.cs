using System.Runtime.InteropServices;
using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Benchmarks.Fuzzing;

/// <summary>Writes tiny Llamas with random weights, one a weight format and shape.</summary>
internal static class RandomModels
{
    private static readonly DataType[] Types =
    [
        DataType.F32, DataType.Q8_0, DataType.Q4_0, DataType.BF16, DataType.Q5_1, DataType.F16, DataType.Q4_1, DataType.Q5_0,
        DataType.MXFP4, DataType.Q2_K, DataType.IQ4_XS,
    ];

    /// <summary>Hidden size, layers, query heads, KV heads, head dimension, feed-forward width, vocabulary.</summary>
    private static readonly Shape[] Shapes =
    [
        new(64, 2, 4, 2, 16, 96, 320),
        new(64, 3, 2, 1, 32, 128, 257),
        new(96, 2, 3, 3, 32, 64, 400),
        new(128, 2, 8, 2, 64, 160, 301),
    ];

    /// <summary>For types with super-blocks.</summary>
    private static readonly Shape Wide = new(256, 2, 4, 2, 64, 256, 303);

    private readonly record struct Shape(int Hidden, int Layers, int Heads, int KvHeads, int HeadDim, int Width, int Vocabulary);

    /// <summary>Writes the models to a folder; returns their paths.</summary>
    public static IReadOnlyList<string> Write(string folder, int seed)
    {
        var paths = new List<string>();
        for (var i = 0; i < Types.Length; i++)
        {
            var path = Path.Combine(folder, $"random-{i}.gguf");
            WriteModel(path, Types[i].HasSuperBlocks ? Wide : Shapes[i % Shapes.Length], Types[i], new Random(seed + i));
            paths.Add(path);
        }

        return paths;
    }

    private static void WriteModel(string path, Shape shape, DataType type, Random random)
    {
        using var writer = new GgufWriter(path);
        writer.Add("general.architecture", "llama");
        writer.Add("llama.context_length", 2048);
        writer.Add("llama.embedding_length", shape.Hidden);
        writer.Add("llama.block_count", shape.Layers);
        writer.Add("llama.feed_forward_length", shape.Width);
        writer.Add("llama.attention.head_count", shape.Heads);
        writer.Add("llama.attention.head_count_kv", shape.KvHeads);
        writer.Add("llama.attention.key_length", shape.HeadDim);
        writer.Add("llama.attention.value_length", shape.HeadDim);
        writer.Add("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        writer.Add("llama.rope.freq_base", 10000f);
        writer.Add("llama.rope.dimension_count", shape.HeadDim);
        var matrices = new List<(string Name, int Rows, int Columns)> { ("token_embd.weight", shape.Vocabulary, shape.Hidden) };
        for (var layer = 0; layer < shape.Layers; layer++)
        {
            matrices.Add(($"blk.{layer}.attn_norm.weight", 0, shape.Hidden));
            matrices.Add(($"blk.{layer}.attn_q.weight", shape.Heads * shape.HeadDim, shape.Hidden));
            matrices.Add(($"blk.{layer}.attn_k.weight", shape.KvHeads * shape.HeadDim, shape.Hidden));
            matrices.Add(($"blk.{layer}.attn_v.weight", shape.KvHeads * shape.HeadDim, shape.Hidden));
            matrices.Add(($"blk.{layer}.attn_output.weight", shape.Hidden, shape.Heads * shape.HeadDim));
            matrices.Add(($"blk.{layer}.ffn_norm.weight", 0, shape.Hidden));
            matrices.Add(($"blk.{layer}.ffn_gate.weight", shape.Width, shape.Hidden));
            matrices.Add(($"blk.{layer}.ffn_up.weight", shape.Width, shape.Hidden));
            matrices.Add(($"blk.{layer}.ffn_down.weight", shape.Hidden, shape.Width));
        }

        matrices.Add(("output_norm.weight", 0, shape.Hidden));
        foreach (var (name, rows, columns) in matrices)
        {
            if (rows == 0)
                writer.Declare(name, DataType.F32, columns);
            else
                writer.Declare(name, type, rows, columns);
        }

        writer.BeginData();
        foreach (var (name, rows, columns) in matrices)
        {
            writer.BeginTensor(name);
            if (rows == 0)
                writer.Write(MemoryMarshal.AsBytes<float>(Row(random, columns, mean: 1, deviation: 0.2)));
            for (var row = 0; row < rows; row++)
                WriteRow(writer, type, Row(random, columns, mean: 0, deviation: 1.5 / Math.Sqrt(columns)));
        }

        writer.Complete();
    }

    public static void WriteRow(GgufWriter writer, DataType type, float[] row)
    {
        var bytes = new byte[type.RowBytes(row.Length)];
        BlockCodec.EncodeRow(type, row, bytes);
        writer.Write(bytes);
    }

    public static float[] Row(Random random, int columns, double mean, double deviation)
    {
        var row = new float[columns];
        for (var i = 0; i < columns; i++)
        {
            // The sum of twelve uniform values is close enough to a normal one.
            var sum = -6.0;
            for (var k = 0; k < 12; k++)
                sum += random.NextDouble();
            row[i] = (float)(mean + (deviation * sum));
        }

        return row;
    }
}

using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Benchmarks.Fuzzing;

/// <summary>Writes GGUF adapters with random values for a model: random rank, random choice of matrices.</summary>
internal static class RandomAdapters
{
    /// <summary>Adapters written for a model.</summary>
    public const int Count = 2;

    private static readonly string[] Matrices = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];

    /// <summary>Writes the adapters of a model to a folder; returns their paths.</summary>
    public static string[] Write(string folder, string modelPath, int index, int seed)
    {
        using var model = ModelFile.Open(modelPath);
        if (!model.Config.TakesAdapters || model.Config.Architecture is not ("llama" or "qwen2"))
            return []; // GGUF adapters are of these
        var paths = new string[Count];
        for (var i = 0; i < Count; i++)
        {
            paths[i] = Path.Combine(folder, $"adapter-{index}-{i}.gguf");
            WriteAdapter(paths[i], model.Config, new Random(unchecked((seed * 31) + (index * Count) + i)));
        }

        return paths;
    }

    private static void WriteAdapter(string path, ModelConfig model, Random random)
    {
        var rank = random.Next(3) switch { 0 => random.Next(1, 5), 1 => 8, _ => random.Next(5, 40) };
        var type = random.Next(2) == 0 ? DataType.F32 : DataType.F16;
        using var writer = new GgufWriter(path);
        writer.Add("general.type", "adapter");
        writer.Add("general.architecture", model.Architecture);
        writer.Add("adapter.type", "lora");
        writer.Add("adapter.lora.alpha", 2f * rank);
        var tensors = new List<(string Name, int Rows, int Columns, double Deviation)>();
        for (var layer = 0; layer < model.Layers; layer++)
        {
            foreach (var matrix in Matrices)
            {
                // Layer 0's values always differ, so that no two adapters compute the same.
                if (random.Next(3) == 0 && !(layer == 0 && matrix == "attn_v"))
                    continue;
                var (rows, columns) = Shape(matrix, model);
                tensors.Add(($"blk.{layer}.{matrix}.weight.lora_a", rank, columns, 1 / Math.Sqrt(columns)));
                tensors.Add(($"blk.{layer}.{matrix}.weight.lora_b", rows, rank, 0.4 / Math.Sqrt(rank)));
            }
        }

        foreach (var (name, rows, columns, _) in tensors)
            writer.Declare(name, type, rows, columns);
        writer.BeginData();
        foreach (var (name, rows, columns, deviation) in tensors)
        {
            writer.BeginTensor(name);
            for (var row = 0; row < rows; row++)
                RandomModels.WriteRow(writer, type, RandomModels.Row(random, columns, mean: 0, deviation));
        }

        writer.Complete();
    }

    private static (int Rows, int Columns) Shape(string matrix, ModelConfig model) => matrix switch
    {
        "attn_q" => (model.QueryHeads * model.HeadDim, model.HiddenSize),
        "attn_k" or "attn_v" => (model.KvHeads * model.HeadDim, model.HiddenSize),
        "attn_output" => (model.HiddenSize, model.QueryHeads * model.HeadDim),
        "ffn_down" => (model.HiddenSize, model.IntermediateSize),
        _ => (model.IntermediateSize, model.HiddenSize),
    };
}

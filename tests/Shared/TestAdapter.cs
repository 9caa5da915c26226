using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Tests.Shared;

/// <summary>A random LoRA adapter that can be written as a PEFT folder, as a GGUF file, and merged into a Hugging Face model.</summary>
public sealed class TestAdapter
{
    private static readonly (WeightRole Role, string HuggingFace, string Gguf)[] Names =
    [
        (WeightRole.Query, "self_attn.q_proj", "attn_q"),
        (WeightRole.Key, "self_attn.k_proj", "attn_k"),
        (WeightRole.Value, "self_attn.v_proj", "attn_v"),
        (WeightRole.AttentionOutput, "self_attn.o_proj", "attn_output"),
        (WeightRole.Gate, "mlp.gate_proj", "ffn_gate"),
        (WeightRole.Up, "mlp.up_proj", "ffn_up"),
        (WeightRole.Down, "mlp.down_proj", "ffn_down"),
    ];

    private readonly ModelConfig _model;
    private readonly List<Delta> _deltas = [];

    private sealed record Delta(WeightRole Role, int Layer, int Rank, int Outputs, int Inputs, float[] A, float[] B);

    /// <param name="model">The model that it is for.</param>
    /// <param name="seed">Other values for other seeds.</param>
    /// <param name="rank">Rank of all matrices.</param>
    /// <param name="alpha">The factor is alpha / rank.</param>
    /// <param name="roles">Which matrices it changes; all when empty.</param>
    public TestAdapter(ModelConfig model, int seed, int rank = 4, int alpha = 8, params WeightRole[] roles)
        : this(model, seed, alpha, _ => rank, value => value, roles)
    {
    }

    /// <param name="model">The model that it is for.</param>
    /// <param name="seed">Other values for other seeds.</param>
    /// <param name="alpha">The factor is alpha / rank.</param>
    /// <param name="rankOf">Ranks.</param>
    /// <param name="round">Changes each value.</param>
    /// <param name="roles">Which matrices it changes; all when empty.</param>
    public TestAdapter(ModelConfig model, int seed, int alpha, Func<WeightRole, int> rankOf, Func<float, float> round, params WeightRole[] roles)
    {
        _model = model;
        Alpha = alpha;
        var random = new Random(seed);
        var query = model.QueryHeads * model.HeadDim;
        var kv = model.KvHeads * model.HeadDim;
        for (var layer = 0; layer < model.Layers; layer++)
        {
            foreach (var (role, _, _) in Names.Where(name => roles.Length == 0 || roles.Contains(name.Role)))
            {
                var (outputs, inputs) = role switch
                {
                    WeightRole.Query => (query, model.HiddenSize),
                    WeightRole.Key or WeightRole.Value => (kv, model.HiddenSize),
                    WeightRole.AttentionOutput => (model.HiddenSize, query),
                    WeightRole.Down => (model.HiddenSize, model.IntermediateSize),
                    _ => (model.IntermediateSize, model.HiddenSize),
                };
                var rank = rankOf(role);
                _deltas.Add(new Delta(role, layer, rank, outputs, inputs, Values(rank * inputs), Values(outputs * rank)));
            }
        }

        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => round((random.NextSingle() - 0.5f) / 3))];
    }

    private int Rank => _deltas.Max(delta => delta.Rank);

    private int Alpha { get; }

    /// <summary>adapter_config.json as it is written.</summary>
    public JsonObject PeftConfig() => new()
    {
        ["peft_type"] = "LORA",
        ["r"] = Rank,
        ["lora_alpha"] = Alpha,
        ["bias"] = "none",
        ["use_rslora"] = false,
        ["modules_to_save"] = null,
        ["rank_pattern"] = new JsonObject(_deltas.Where(delta => delta.Rank != Rank).Select(delta => KeyValuePair.Create<string, JsonNode?>(Module(delta), delta.Rank))),
        ["alpha_pattern"] = new JsonObject(),
        ["target_modules"] = new JsonArray([.. Names.Select(name => (JsonNode)name.HuggingFace.Split('.')[1])]),
    };

    /// <summary>Writes a PEFT folder and returns its path.</summary>
    public string WritePeft(string folder, Action<JsonObject>? change = null)
    {
        Directory.CreateDirectory(folder);
        var config = PeftConfig();
        change?.Invoke(config);
        File.WriteAllText(Path.Combine(folder, "adapter_config.json"), config.ToJsonString());
        File.WriteAllBytes(Path.Combine(folder, "adapter_model.safetensors"), SafeTensors(_deltas.SelectMany(delta => new[]
        {
            ($"base_model.model.{Module(delta)}.lora_A.weight", (int[])[delta.Rank, delta.Inputs], delta.A),
            ($"base_model.model.{Module(delta)}.lora_B.weight", [delta.Outputs, delta.Rank], delta.B),
        })));
        return folder;
    }

    /// <summary>Writes a GGUF adapter and returns its path.</summary>
    public string WriteGguf(string path, string? type = "adapter", string kind = "lora", string? architecture = null, string? extraKey = null)
    {
        using var writer = new GgufWriter(path);
        if (type is not null)
            writer.Add("general.type", type);
        writer.Add("general.architecture", architecture ?? _model.Architecture);
        writer.Add("adapter.type", kind);
        writer.Add("adapter.lora.alpha", (float)Alpha);
        if (extraKey is not null)
            writer.Add(extraKey, 1);
        foreach (var delta in _deltas)
        {
            writer.Declare(GgufName(delta) + ".lora_a", DataType.F32, delta.Rank, delta.Inputs);
            writer.Declare(GgufName(delta) + ".lora_b", DataType.F32, delta.Outputs, delta.Rank);
        }

        writer.BeginData();
        foreach (var delta in _deltas)
        {
            writer.BeginTensor(GgufName(delta) + ".lora_a");
            writer.Write(MemoryMarshal.AsBytes(delta.A.AsSpan()));
            writer.BeginTensor(GgufName(delta) + ".lora_b");
            writer.Write(MemoryMarshal.AsBytes(StoredB(delta).AsSpan()));
        }

        writer.Complete();
        return path;
    }

    /// <summary>Copies a Hugging Face model of F32 weights to a folder and adds the products to its weights.</summary>
    public string WriteMerged(string model, string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(model))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        var path = Path.Combine(folder, "model.safetensors");
        var bytes = File.ReadAllBytes(path);
        var headerLength = (int)BitConverter.ToUInt64(bytes);
        var header = JsonNode.Parse(Encoding.UTF8.GetString(bytes, 8, headerLength))!;
        foreach (var delta in _deltas)
        {
            var entry = header[Module(delta) + ".weight"]!;
            if (entry["dtype"]!.GetValue<string>() != "F32")
                throw new InvalidDataException("only F32 weights can be merged");
            var start = 8 + headerLength + entry["data_offsets"]![0]!.GetValue<int>();
            var weights = MemoryMarshal.Cast<byte, float>(bytes.AsSpan(start, delta.Outputs * delta.Inputs * sizeof(float)));
            for (var row = 0; row < delta.Outputs; row++)
            {
                for (var column = 0; column < delta.Inputs; column++)
                {
                    var sum = 0.0;
                    for (var k = 0; k < delta.Rank; k++)
                        sum += (double)delta.B[(row * delta.Rank) + k] * delta.A[(k * delta.Inputs) + column];
                    weights[(row * delta.Inputs) + column] += (float)((double)Alpha / delta.Rank * sum);
                }
            }
        }

        File.WriteAllBytes(path, bytes);
        return folder;
    }

    /// <summary>A safetensors file of F32 tensors.</summary>
    public static byte[] SafeTensors(IEnumerable<(string Name, int[] Shape, float[] Values)> tensors)
    {
        var header = new JsonObject();
        var data = new MemoryStream();
        foreach (var (name, shape, values) in tensors)
        {
            var start = data.Length;
            data.Write(MemoryMarshal.AsBytes(values.AsSpan()));
            header[name] = new JsonObject
            {
                ["dtype"] = "F32",
                ["shape"] = new JsonArray([.. shape.Select(length => (JsonNode)length)]),
                ["data_offsets"] = new JsonArray(start, data.Length),
            };
        }

        var json = Encoding.UTF8.GetBytes(header.ToJsonString());
        return [.. BitConverter.GetBytes((ulong)json.Length), .. json, .. data.ToArray()];
    }

    private static string Module(Delta delta) => $"model.layers.{delta.Layer}.{Names.First(name => name.Role == delta.Role).HuggingFace}";

    private static string GgufName(Delta delta) => $"blk.{delta.Layer}.{Names.First(name => name.Role == delta.Role).Gguf}.weight";

    /// <summary>llama.cpp's converter makes the rows i and i + headDim/2 of a head neighbours, in files of the llama family.</summary>
    private float[] StoredB(Delta delta)
    {
        if (_model.Architecture != "llama" || delta.Role is not (WeightRole.Query or WeightRole.Key))
            return delta.B;
        var stored = new float[delta.B.Length];
        var half = _model.HeadDim / 2;
        for (var row = 0; row < delta.Outputs; row++)
        {
            var head = row / _model.HeadDim * _model.HeadDim;
            var inHead = row - head;
            var place = head + (inHead < half ? 2 * inHead : (2 * (inHead - half)) + 1);
            delta.B.AsSpan(row * delta.Rank, delta.Rank).CopyTo(stored.AsSpan(place * delta.Rank, delta.Rank));
        }

        return stored;
    }
}

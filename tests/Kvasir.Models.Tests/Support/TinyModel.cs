using System.Text;
using System.Text.Json.Nodes;

namespace Kvasir.Models.Tests.Support;

/// <summary>A small Hugging Face folder with random weights and a real little tokenizer, made in a temporary place.</summary>
internal sealed class TinyModel : IDisposable
{
    public const int Hidden = 64;
    public const int Layers = 2;
    public const int Heads = 4;
    public const int KvHeads = 2;
    public const int HeadDim = 16;

    private readonly int _inner;

    public TinyModel(int seed = 1, string family = "llama", bool tied = true, bool tokenizer = true, Action<JsonObject>? changeConfig = null, int inner = 96)
    {
        _inner = inner;
        Folder = Directory.CreateTempSubdirectory("kvasir-tiny-").FullName;
        var vocabulary = TokenizerJson();
        int vocab = vocabulary["model"]!["vocab"]!.AsObject().Count + 2;
        var config = new JsonObject
        {
            ["model_type"] = family,
            ["vocab_size"] = vocab,
            ["hidden_size"] = Hidden,
            ["num_hidden_layers"] = Layers,
            ["num_attention_heads"] = Heads,
            ["num_key_value_heads"] = KvHeads,
            ["head_dim"] = HeadDim,
            ["intermediate_size"] = inner,
            ["max_position_embeddings"] = 128,
            ["rms_norm_eps"] = 1e-5,
            ["rope_theta"] = 10000.0,
            ["tie_word_embeddings"] = tied,
            ["eos_token_id"] = vocab - 1,
        };
        changeConfig?.Invoke(config);
        Write("config.json", config.ToJsonString());
        if (tokenizer)
        {
            Write("tokenizer.json", vocabulary.ToJsonString());
            Write("tokenizer_config.json", """
                {"bos_token": "<|bos|>", "eos_token": "<|end|>", "add_bos_token": true, "chat_template":
                "{{ bos_token }}{% for m in messages %}{{ m.role + ':' + m.content + eos_token }}{% endfor %}"}
                """);
        }

        WriteWeights(new Random(seed), vocab, family == "qwen2", tied);
    }

    public string Folder { get; }

    public string PathOf(string name) => Path.Combine(Folder, name);

    public void Write(string name, string text) => File.WriteAllText(PathOf(name), text);

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>A safetensors file of F32 tensors.</summary>
    public static byte[] SafeTensors(IEnumerable<(string Name, int[] Shape, float[] Values)> tensors)
    {
        var header = new JsonObject();
        var data = new MemoryStream();
        foreach (var (name, shape, values) in tensors)
        {
            long start = data.Length;
            foreach (float value in values)
                data.Write(BitConverter.GetBytes(value));
            header[name] = new JsonObject
            {
                ["dtype"] = "F32",
                ["shape"] = new JsonArray([.. shape.Select(d => (JsonNode)d)]),
                ["data_offsets"] = new JsonArray(start, data.Length),
            };
        }

        byte[] json = Encoding.UTF8.GetBytes(header.ToJsonString());
        return [.. BitConverter.GetBytes((ulong)json.Length), .. json, .. data.ToArray()];
    }

    private static JsonObject TokenizerJson()
    {
        var vocab = new JsonObject();
        for (int b = 0; b < 256; b++)
            vocab[ByteAlphabet.ToChar((byte)b).ToString()] = b;
        var merges = new JsonArray();
        foreach (string pair in (string[])["h e", "l l", "he ll", "hell o", "Ġ w", "Ġw o", "q qq"])
        {
            merges.Add(pair);
            if (pair != "q qq")
                vocab[pair.Replace(" ", "", StringComparison.Ordinal)] = vocab.Count;
        }

        int count = vocab.Count;
        return new JsonObject
        {
            ["added_tokens"] = new JsonArray(Added(count, "<|bos|>"), Added(count + 1, "<|end|>")),
            ["pre_tokenizer"] = JsonNode.Parse("""{"type": "ByteLevel", "add_prefix_space": false, "use_regex": true}"""),
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = vocab, ["merges"] = merges },
        };
    }

    private static JsonObject Added(int id, string text) => new() { ["id"] = id, ["content"] = text, ["special"] = true };

    private void WriteWeights(Random random, int vocab, bool biases, bool tied)
    {
        var tensors = new List<(string, int[], float[])>();
        void Add(string name, params int[] shape)
        {
            var values = new float[shape.Aggregate(1, (a, b) => a * b)];
            for (int i = 0; i < values.Length; i++)
                values[i] = (float)(random.NextDouble() - 0.5);
            tensors.Add((name, shape, values));
        }

        Add("model.embed_tokens.weight", vocab, Hidden);
        Add("model.norm.weight", Hidden);
        if (!tied)
            Add("lm_head.weight", vocab, Hidden);
        for (int layer = 0; layer < Layers; layer++)
        {
            string p = $"model.layers.{layer}.";
            Add(p + "input_layernorm.weight", Hidden);
            Add(p + "post_attention_layernorm.weight", Hidden);
            Add(p + "self_attn.q_proj.weight", Heads * HeadDim, Hidden);
            Add(p + "self_attn.k_proj.weight", KvHeads * HeadDim, Hidden);
            Add(p + "self_attn.v_proj.weight", KvHeads * HeadDim, Hidden);
            Add(p + "self_attn.o_proj.weight", Hidden, Heads * HeadDim);
            Add(p + "mlp.gate_proj.weight", _inner, Hidden);
            Add(p + "mlp.up_proj.weight", _inner, Hidden);
            Add(p + "mlp.down_proj.weight", Hidden, _inner);
            if (biases)
            {
                Add(p + "self_attn.q_proj.bias", Heads * HeadDim);
                Add(p + "self_attn.k_proj.bias", KvHeads * HeadDim);
                Add(p + "self_attn.v_proj.bias", KvHeads * HeadDim);
            }
        }

        File.WriteAllBytes(PathOf("model.safetensors"), SafeTensors(tensors));
    }
}

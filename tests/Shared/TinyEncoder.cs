using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;

namespace Kvasir.Tests.Shared;

/// <summary>
/// A tiny random BERT with a WordPiece tokenizer of letters and a few words, as sentence-transformers would have left it. Made in code.
/// </summary>
public sealed class TinyEncoder : IDisposable
{
    /// <summary>Values of a vector.</summary>
    public const int Dimensions = 32;

    /// <summary>Most tokens of a text, [CLS] and [SEP] included.</summary>
    public const int MaxTokens = 48;

    private const int Hidden = Dimensions;
    private const int Inner = 48;
    private static readonly string[] Words = ["the", "raven", "flies", "sleeps", "over", "under", "mountain", "sea", "query", "passage", ":", ",", "."];

    /// <param name="pooling">The pooling's mode: cls, mean, lasttoken or another one.</param>
    /// <param name="normalize">Whether vectors are normalised.</param>
    public TinyEncoder(string pooling = "mean", bool normalize = true)
    {
        Folder = Directory.CreateTempSubdirectory("kvasir-tiny-encoder-").FullName;
        Path = System.IO.Path.Combine(Folder, "encoder");
        Directory.CreateDirectory(System.IO.Path.Combine(Path, "1_Pooling"));
        var vocabulary = Vocabulary();
        Write("config.json", $$"""
            {"model_type": "bert", "architectures": ["BertModel"], "vocab_size": {{vocabulary.Length}}, "hidden_size": {{Hidden}}, "intermediate_size": {{Inner}},
             "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 64, "type_vocab_size": 2, "hidden_act": "gelu", "pad_token_id": 0}
            """);
        Write("tokenizer.json", Tokenizer(vocabulary));
        var normalise = normalize ? """, {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}""" : "";
        Write("modules.json", $$"""
            [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
             {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}{{normalise}}]
            """);
        var flag = pooling switch { "cls" => "cls_token", "mean" => "mean_tokens", "lasttoken" => "lasttoken", "max" => "max_tokens", _ => pooling };
        Write("1_Pooling/config.json", $$"""{"word_embedding_dimension": {{Hidden}}, "pooling_mode_{{flag}}": true, "include_prompt": true}""");
        Write("sentence_bert_config.json", $$"""{"max_seq_length": {{MaxTokens}}, "do_lower_case": false}""");
        Write("config_sentence_transformers.json", """{"prompts": {"query": "query: ", "document": "passage: "}, "default_prompt_name": null}""");
        WriteWeights(vocabulary.Length);
    }

    /// <summary>A folder that is deleted with the model.</summary>
    public string Folder { get; }

    /// <summary>The model's folder.</summary>
    public string Path { get; }

    /// <summary>Writes a file of the model's folder.</summary>
    public void Write(string name, string text) => File.WriteAllText(System.IO.Path.Combine(Path, name), text);

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static string[] Vocabulary()
    {
        string[] letters = [.. Enumerable.Range('a', 26).Select(c => ((char)c).ToString())];
        return ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. letters, .. letters.Select(letter => "##" + letter), .. Words];
    }

    private static string Tokenizer(string[] vocabulary)
    {
        var ids = new JsonObject(vocabulary.Select((token, id) => KeyValuePair.Create<string, JsonNode?>(token, id)));
        JsonObject Added(string token) => new()
        {
            ["id"] = Array.IndexOf(vocabulary, token), ["content"] = token, ["special"] = true,
            ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = false,
        };
        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray([.. vocabulary.Take(5).Select(Added)]),
            ["normalizer"] = JsonNode.Parse("""{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true}"""),
            ["pre_tokenizer"] = JsonNode.Parse("""{"type": "BertPreTokenizer"}"""),
            ["post_processor"] = JsonNode.Parse("""{"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}"""),
            ["decoder"] = JsonNode.Parse("""{"type": "WordPiece", "prefix": "##", "cleanup": true}"""),
            ["model"] = new JsonObject
            {
                ["type"] = "WordPiece", ["unk_token"] = "[UNK]", ["continuing_subword_prefix"] = "##", ["max_input_chars_per_word"] = 100, ["vocab"] = ids,
            },
        }.ToJsonString();
    }

    private void WriteWeights(int vocabulary)
    {
        var tensors = new List<(string Name, int[] Shape)>
        {
            ("embeddings.word_embeddings.weight", [vocabulary, Hidden]),
            ("embeddings.position_embeddings.weight", [64, Hidden]),
            ("embeddings.token_type_embeddings.weight", [2, Hidden]),
        };
        AddNorm("embeddings.LayerNorm");
        for (var layer = 0; layer < 2; layer++)
        {
            var name = $"encoder.layer.{layer}.";
            foreach (var part in (string[])["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"])
                AddLinear(name + part, Hidden, Hidden);
            AddNorm(name + "attention.output.LayerNorm");
            AddLinear(name + "intermediate.dense", Inner, Hidden);
            AddLinear(name + "output.dense", Hidden, Inner);
            AddNorm(name + "output.LayerNorm");
        }

        var (header, data, random) = (new JsonObject(), new List<float>(), new Random(3));
        foreach (var (name, shape) in tensors)
        {
            var from = data.Count * sizeof(float);
            var middle = name.EndsWith("LayerNorm.weight", StringComparison.Ordinal) ? 1 : 0;
            data.AddRange(Enumerable.Range(0, shape.Aggregate((a, b) => a * b)).Select(_ => (float)(middle + ((random.NextDouble() - 0.5) * 0.6))));
            header[name] = new JsonObject
            {
                ["dtype"] = "F32",
                ["shape"] = new JsonArray([.. shape.Select(d => JsonValue.Create(d))]),
                ["data_offsets"] = new JsonArray(from, data.Count * sizeof(float)),
            };
        }

        var text = Encoding.UTF8.GetBytes(header.ToJsonString());
        File.WriteAllBytes(
            System.IO.Path.Combine(Path, "model.safetensors"),
            [.. BitConverter.GetBytes((long)text.Length), .. text, .. MemoryMarshal.AsBytes<float>(data.ToArray())]);

        void AddLinear(string name, int rows, int columns)
        {
            tensors.Add((name + ".weight", [rows, columns]));
            tensors.Add((name + ".bias", [rows]));
        }

        void AddNorm(string name)
        {
            tensors.Add((name + ".weight", [Hidden]));
            tensors.Add((name + ".bias", [Hidden]));
        }
    }
}

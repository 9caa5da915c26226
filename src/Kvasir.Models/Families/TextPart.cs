using System.Text.Json;

namespace Kvasir.Models;

/// <summary>
/// The language model inside a folder of several: its configuration stands under <c>text_config</c>, its tensors behind a prefix. Images,
/// sounds and what maps them to embeddings are not read.
/// </summary>
internal static class TextPart
{
    private const string Field = "text_config";

    /// <summary>Prefixes of transformers 4 and 5, and what they stand for.</summary>
    private static readonly (string Prefix, string Plain)[] Prefixes = [("language_model.", ""), ("model.language_model.", "model."), ("text_model.", "")];

    /// <summary>Families whose inner configuration goes by another name.</summary>
    private static readonly Dictionary<string, string> Aliases = new()
    {
        ["qwen2_vl_text"] = "qwen2",
        ["qwen2_5_vl_text"] = "qwen2",
        ["qwen3_vl_text"] = "qwen3",
        ["qwen3_vl_moe_text"] = "qwen3_moe",
    };

    /// <summary>What inner configurations leave out: the values of transformers' classes.</summary>
    private static readonly Dictionary<string, string> Defaults = new()
    {
        ["gemma3_text"] = """
            {"vocab_size": 262208, "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "max_position_embeddings": 131072,
             "rope_theta": 1000000.0, "query_pre_attn_scalar": 256, "sliding_window": 4096}
            """,
        ["mistral"] = """{"vocab_size": 32000, "num_attention_heads": 32, "num_key_value_heads": 8, "max_position_embeddings": 131072}""",
        ["llama"] = """
            {"vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32, "num_attention_heads": 32,
             "max_position_embeddings": 2048}
            """,
    };

    /// <summary>The inner configuration and its family, or null when there is none.</summary>
    public static (string Family, JsonField Config)? Find(JsonField config)
    {
        if (config.Find(Field) is not { IsObject: true } inner)
            return null;
        string name = inner.Find("model_type")?.String() ?? "";
        name = Aliases.GetValueOrDefault(name, name);
        if (!Defaults.TryGetValue(name, out string? defaults))
            return (name, inner);
        using var document = JsonDocument.Parse(defaults);
        return (name, inner.WithDefaults(document.RootElement.Clone()));
    }

    /// <summary>The tensors under the names that they have in a folder of the language model alone.</summary>
    public static Dictionary<string, T> Names<T>(IReadOnlyDictionary<string, T> tensors)
    {
        var named = new Dictionary<string, T>();
        foreach (var (name, tensor) in tensors)
        {
            var (prefix, plain) = Prefixes.FirstOrDefault(p => name.StartsWith(p.Prefix, StringComparison.Ordinal));
            named.TryAdd(prefix is null ? name : plain + name[prefix.Length..], tensor);
        }

        return named;
    }
}

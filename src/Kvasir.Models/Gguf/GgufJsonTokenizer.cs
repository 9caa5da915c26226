using System.Text;

namespace Kvasir.Models;

/// <summary>Reads a tokenizer.json that a GGUF file carries whole, with the ids of special tokens from the file's own fields.</summary>
internal static class GgufJsonTokenizer
{
    public static Tokenizer Read(string path, GgufMetadata metadata, string json, string[] pieces)
    {
        string place = $"{path}: metadata \"{GgufTokenizer.JsonKey}\"";
        var settings = new StringBuilder("{");
        Add("bos_token", "bos_token_id");
        Add("eos_token", "eos_token_id");
        Add("pad_token", "padding_token_id");
        if (metadata.Bool("tokenizer.ggml.add_bos_token") is { } addsBos)
            settings.Append($"\"add_bos_token\":{(addsBos ? "true" : "false")},");
        string text = settings.ToString().TrimEnd(',') + "}";
        return TokenizerJson.Read(JsonFile.Parse(place, Encoding.UTF8.GetBytes(json)), JsonFile.Parse(path, Encoding.UTF8.GetBytes(text)));

        void Add(string name, string key)
        {
            if (GgufTokenizer.Id(metadata, key, pieces.Length) is { } id)
                settings.Append($"\"{name}\":\"{System.Text.Json.JsonEncodedText.Encode(pieces[id])}\",");
        }
    }
}

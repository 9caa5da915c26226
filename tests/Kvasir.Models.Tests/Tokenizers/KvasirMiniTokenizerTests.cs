using System.IO.Compression;
using System.Text.Json;
using Kvasir.Models.Tests.Support;

namespace Kvasir.Models.Tests.Tokenizers;

/// <summary>The bundled model's tokenizer against cases that an independent implementation made.</summary>
public class KvasirMiniTokenizerTests
{
    private static readonly Lazy<Tokenizer> Tokenizer = new(() =>
    {
        string path = Fixtures.PathOf("kvasir-mini", "tokenizer.json.br");
        using var stream = new BrotliStream(File.OpenRead(path), CompressionMode.Decompress);
        var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        var settings = JsonFile.Read(Fixtures.PathOf("kvasir-mini", "tokenizer_config.json"), 1 << 20);
        return TokenizerJson.Read(JsonFile.Parse(path, bytes.ToArray()), settings);
    });

    [Fact]
    public void EveryReferenceText_GivesTheReferenceTokens_AndComesBack()
    {
        using var cases = JsonDocument.Parse(File.ReadAllText(Fixtures.PathOf("kvasir-mini", "tokenizer_cases.json")));
        Assert.True(cases.RootElement.GetArrayLength() > 10);
        foreach (var item in cases.RootElement.EnumerateArray())
        {
            string text = item.GetProperty("text").GetString()!;
            Assert.Equal(Ids(item.GetProperty("ids")), Tokenizer.Value.Encode(text));
            Assert.Equal(text, Tokenizer.Value.Decode(Tokenizer.Value.Encode(text)));
        }
    }

    [Theory]
    [InlineData("ref_short.json")]
    [InlineData("ref_tokens512.json")]
    [InlineData("ref_tokens2048.json")]
    public void ReferenceContinuations_DecodeToTheReferenceText(string name)
    {
        using var reference = JsonDocument.Parse(File.ReadAllText(Fixtures.PathOf("kvasir-mini", name)));
        var root = reference.RootElement;
        Assert.Equal(root.GetProperty("greedy_text").GetString(), Tokenizer.Value.Decode(Ids(root.GetProperty("greedy_64_end_suppressed"))));
        if (root.TryGetProperty("prompt_text", out var prompt) && prompt.ValueKind == JsonValueKind.String)
            Assert.Equal(Ids(root.GetProperty("input_ids")), Tokenizer.Value.Encode(prompt.GetString()!));
    }

    [Fact]
    public void ItsSplitPattern_IsLlama3s() => Assert.Equal("llama-bpe", SplitPatterns.GgufName(Tokenizer.Value.Parts.ByteLevel!.Split.Patterns));

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(i => i.GetInt32())];
}

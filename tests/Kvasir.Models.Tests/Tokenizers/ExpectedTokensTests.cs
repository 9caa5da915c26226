using Kvasir.Models.Tests.Support;

namespace Kvasir.Models.Tests.Tokenizers;

/// <summary>Tokenizers of every kind give what the reference library gave for each of 2,200 nasty strings (docs/models.md tells how to ask it anew).</summary>
public sealed class ExpectedTokensTests
{
    public static TheoryData<int, string> Tokenizers
    {
        get
        {
            var data = new TheoryData<int, string>();
            for (int i = 0; i < SyntheticTokenizers.All.Count; i++)
                data.Add(i, SyntheticTokenizers.All[i].Name);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Tokenizers))]
    public void NastyStrings_GiveTheReferencesTokens_AndComeBackAsThere(int index, string name)
    {
        string json = SyntheticTokenizers.All[index].Json;
        var expected = ExpectedTokens.Read(index, out ulong key);
        Assert.True(key == ExpectedTokens.Key(json), "the fixture was made for other tokenizers or strings; write it anew");
        var tokenizer = TokenizerJson.Read(JsonFile.Parse(name, System.Text.Encoding.UTF8.GetBytes(json)), null);
        for (int i = 0; i < expected.Length; i++)
        {
            string text = NastyStrings.All[i];
            var ids = tokenizer.Encode(text);
            Assert.True(
                ExpectedTokens.Digest(ids, tokenizer.EncodeWhole(text), tokenizer.Decode(ids)) == expected[i],
                $"{name}, string {i}, {System.Text.Json.JsonSerializer.Serialize(text)}: {string.Join(' ', ids)}, \"{tokenizer.Decode(ids)}\"");
        }
    }
}

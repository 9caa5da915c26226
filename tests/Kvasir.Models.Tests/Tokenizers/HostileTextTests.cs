using System.Text;
using Kvasir.Models.Tests.Support;

namespace Kvasir.Models.Tests.Tokenizers;

/// <summary>Text that is made to be slow is not: a quadratic tokenizer would not come to the end of these.</summary>
public class HostileTextTests
{
    public static TheoryData<string> Names => [.. SyntheticTokenizers.All.Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void AHundredThousandOfOneCharacter_AreTokenised(string name)
    {
        string json = SyntheticTokenizers.All.First(t => t.Name == name).Json;
        var tokenizer = TokenizerJson.Read(JsonFile.Parse(name, Encoding.UTF8.GetBytes(json)), null);
        foreach (string unit in (string[])["a", " ", "7", "\n", "'s", "漢", "🙂", "\u0301", "<mask>", "ab ", "<tag>"])
        {
            var tokens = tokenizer.Encode(string.Concat(Enumerable.Repeat(unit, 100_000 / unit.Length)));
            Assert.All(tokens, t => Assert.InRange(t, 0, tokenizer.VocabSize - 1));
        }
    }

    [Fact]
    public void AFileWhoseReplacementsMultiply_IsRefused()
    {
        string replace = string.Join(",", Enumerable.Repeat("""{"type":"Replace","pattern":{"String":"a"},"content":"aaaaaaaaaa"}""", 12));
        string json = """{"added_tokens":[],"normalizer":{"type":"Sequence","normalizers":[#]},"pre_tokenizer":null,"model":{"type":"WordLevel","vocab":{"a":0},"unk_token":"a"}}""".Replace("#", replace, StringComparison.Ordinal);
        var tokenizer = TokenizerJson.Read(JsonFile.Parse("tokenizer.json", Encoding.UTF8.GetBytes(json)), null);
        Assert.Contains("normalizers", Assert.Throws<ModelFormatException>(() => tokenizer.Encode("aaa")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SpecialTokensInAMessage_StayText_AlsoWhenTheyAreNormalized()
    {
        string json = SyntheticTokenizers.All.First(t => t.Name == "byte-level llama3").Json;
        var tokenizer = TokenizerJson.Read(JsonFile.Parse("test", Encoding.UTF8.GetBytes(json)), null);
        var template = new ChatTemplate("<s>{% for m in messages %}{{ m.content }}</s>{% endfor %}");
        int tool = tokenizer.Find("<tool>")!.Value; // special, and looked for in normalized text
        Assert.True(tokenizer.IsSpecial(tool));
        Assert.Contains(tool, tokenizer.Encode("a <tool> b"));
        Assert.DoesNotContain(tool, ChatPrompt.Tokenize(tokenizer, template, [new ChatMessage("user", "a <tool> b <mask>")], false));
    }
}

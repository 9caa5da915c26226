namespace Kvasir.Models.Tests.Tokenizers;

public class SplitPatternTests
{
    [Theory]
    [InlineData("a++b", "(?>a+)b")]
    [InlineData(@"[^\r\n\p{L}]?+\p{L}++", @"(?>[^\r\n\p{L}]?)(?>\p{L}+)")]
    [InlineData("(?:ab){1,3}+c", "(?>(?:ab){1,3})c")]
    [InlineData(@"\++", @"\++")]
    [InlineData(@"\s+$", @"\s+(?=\n|\z)")]
    [InlineData("(?i:'s|'t)|x", "(?i:'s|'t)|x")]
    [InlineData(@"[\]+*]+", @"[\]+*]+")]
    [InlineData("a{b", "a{b")]
    public void Oniguruma_IsRewrittenForDotNet(string pattern, string expected) => Assert.Equal(expected, RegexTranslator.Translate(pattern));

    [Theory]
    [InlineData(SplitPattern.Llama3, "It's 12345 \U0001D49C\U0001D49Eb!\n x", "It|'s| |123|45| \U0001D49C\U0001D49Eb|!\n| x")]
    [InlineData(SplitPattern.Qwen2, "a12 \U0001D7D8\U0001D7D9", "a|1|2| |\U0001D7D8|\U0001D7D9")]
    [InlineData(SplitPattern.Gpt2, "I'LL  go\u00A0on 🙂!", "I|'|LL| | go|\u00A0|on| 🙂!")]
    public void CodePointsOutsideTheBasicPlane_CountAsLettersAndDigits(string pattern, string text, string expected) =>
        Assert.Equal(expected.Split('|'), Words(new SplitPattern("test", [pattern]), text));

    [Fact]
    public void SmolLm_SplitsDigitsFirst() =>
        Assert.Equal(["a", " ", "1", "2", " b"], Words(SplitPattern.ForGguf("test", "smollm"), "a 12 b"));

    [Fact]
    public void NamesOfGgufPatterns_AreKnownBothWays()
    {
        foreach (string name in (string[])["llama-bpe", "gpt-2", "qwen2", "smollm", "default"])
            Assert.Equal(name, SplitPattern.ForGguf("test", name).GgufName);
        Assert.Null(new SplitPattern("test", [@"\w+"]).GgufName);
        Assert.Contains("llama-bpe", Assert.Throws<UnsupportedModelException>(() => SplitPattern.ForGguf("test", "tekken")).Message, StringComparison.Ordinal);
    }

    // A vocabulary in which every word is a token of its own shows where the words end.
    private static List<string> Words(SplitPattern split, string text)
    {
        var words = new List<string>();
        var pieces = new List<string>();
        for (int b = 0; b < 256; b++)
            pieces.Add(ByteAlphabet.ToChar((byte)b).ToString());
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        for (int start = 0; start < bytes.Length; start++)
        {
            for (int end = start + 2; end <= bytes.Length; end++)
                pieces.Add(string.Concat(bytes[start..end].Select(ByteAlphabet.ToChar)));
        }

        var vocabulary = new Vocabulary
        {
            Pieces = [.. pieces.Distinct()],
            Kinds = [.. pieces.Distinct().Select(_ => TokenKind.Normal)],
            Merges = [],
            IgnoreMerges = true,
            Split = split,
        };
        var tokenizer = new Tokenizer(vocabulary);
        foreach (int token in tokenizer.Encode(text))
            words.Add(tokenizer.Decode([token]));
        return words;
    }
}

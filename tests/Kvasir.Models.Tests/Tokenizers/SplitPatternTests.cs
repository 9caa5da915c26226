using Kvasir.Models.Tests.Support;

namespace Kvasir.Models.Tests.Tokenizers;

public class SplitPatternTests
{
    private static readonly string[] Known =
    [
        SplitPatterns.Gpt2, SplitPatterns.Llama3, SplitPatterns.Cl100k, SplitPatterns.Qwen2, SplitPatterns.Qwen35, SplitPatterns.Bailing, SplitPatterns.O200k,
        SplitPatterns.Tekken, SplitPatterns.DeepSeekWords, SplitPatterns.Ideographs, SplitPatterns.SingleNumbers, SplitPatterns.Triples, SplitPatterns.Numbers,
    ];

    public static TheoryData<string> KnownPatterns => [.. Known];

    [Theory]
    [InlineData("a++b", "(?>a+)b")]
    [InlineData(@"[^\r\n\p{L}]?+\p{L}++", @"(?>[^\r\n\p{L}]?)(?>\p{L}+)")]
    [InlineData("(?:ab){1,3}+c", "(?>(?:ab){1,3})c")]
    [InlineData(@"\++", @"\++")]
    [InlineData(@"\s+$", @"\s+(?=\n|\z)")]
    [InlineData("(?i:'s|'t)|s", "(?i:'[sſ]|'t)|s")]
    [InlineData("'(?i:[sd]|ll)", "'(?i:[sdſ]|ll)")]
    [InlineData(@"[\]+*]+", @"[\]+*]+")]
    [InlineData("a{b", "a{b")]
    public void Oniguruma_IsRewrittenForDotNet(string pattern, string expected) => Assert.Equal(expected, RegexTranslator.Translate(pattern));

    [Theory]
    [InlineData(SplitPatterns.Llama3, "It's 12345 \U0001D49C\U0001D49Eb!\n x", "It|'s| |123|45| \U0001D49C\U0001D49Eb|!\n| x")]
    [InlineData(SplitPatterns.Qwen2, "a12 \U0001D7D8\U0001D7D9", "a|1|2| |\U0001D7D8|\U0001D7D9")]
    [InlineData(SplitPatterns.Gpt2, "I'LL  go\u00A0on 🙂!", "I|'|LL| | go|\u00A0|on| 🙂!")]
    [InlineData(SplitPatterns.O200k, "HTTPServer's 日本ABC e\u0301x/\n", "HTTPServer's| 日本|ABC| e\u0301x|/\n")]
    [InlineData(SplitPatterns.DeepSeekWords, "_name x\u0007y 3", "_name| x|\u0007y| |3")]
    public void Words_AreThoseOfThePattern(string pattern, string text, string expected)
    {
        Assert.Equal(expected.Split('|'), Words(SplitPatterns.Step("test", pattern, Recorder(out var recorder)), text, recorder));
        Assert.Equal(expected.Split('|'), Words(new FinderStep(new SplitRegex("test", pattern), SplitBehavior.Isolated, false, Recorder(out recorder)), text, recorder));
    }

    [Theory]
    [MemberData(nameof(KnownPatterns))]
    public void HandWrittenMatchers_FindWhatTheRegularExpressionFinds(string pattern)
    {
        Assert.NotNull(SplitPatterns.Matcher(pattern));
        var random = new Random(11);
        var texts = NastyStrings.All.Select(WellFormed.Text).Concat(Enumerable.Range(0, 4000).Select(_ => RandomText(random)));
        foreach (string text in texts)
        {
            var ours = Words(SplitPatterns.Step("test", pattern, Recorder(out var recorder)), text, recorder);
            var theirs = Words(new FinderStep(new SplitRegex("test", pattern), SplitBehavior.Isolated, false, Recorder(out recorder)), text, recorder);
            Assert.True(theirs.SequenceEqual(ours), $"seed 11, {pattern}, {System.Text.Json.JsonSerializer.Serialize(text)}: {string.Join('|', ours)}, not {string.Join('|', theirs)}");
        }
    }

    [Fact]
    public void SmolLm_SplitsDigitsFirst()
    {
        var split = new ByteLevelSplit(SplitPatterns.ForGguf("test", "smollm"), false);
        var recorder = new WordRecorder();
        Assert.Equal(["a", " ", "1", "2", " b"], Words(split.Step("test", recorder), "a 12 b", recorder));
    }

    [Fact]
    public void NamesOfGgufPatterns_AreKnownBothWays()
    {
        foreach (string name in (string[])["llama-bpe", "gpt-2", "qwen2", "smollm", "default", "tekken", "gpt-4o", "deepseek-v3"])
            Assert.Equal(name, SplitPatterns.GgufName(SplitPatterns.ForGguf("test", name)));
        Assert.Null(SplitPatterns.GgufName([@"\w+"]));
        Assert.Contains("llama-bpe", Assert.Throws<UnsupportedModelException>(() => SplitPatterns.ForGguf("test", "nothing")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(SplitBehavior.Removed), false, "a|b|c")]
    [InlineData(nameof(SplitBehavior.Isolated), false, "a|-|-|b|-|c")]
    [InlineData(nameof(SplitBehavior.MergedWithPrevious), false, "a-|-|b-|c")]
    [InlineData(nameof(SplitBehavior.MergedWithNext), false, "a|-|-b|-c")]
    [InlineData(nameof(SplitBehavior.Contiguous), false, "a|--|b|-|c")]
    [InlineData(nameof(SplitBehavior.Removed), true, "-|-|-")]
    [InlineData(nameof(SplitBehavior.MergedWithPrevious), true, "a|-|-b|-c")]
    public void Behaviours_AreThoseOfTheReference(string behavior, bool invert, string expected) =>
        Assert.Equal(expected.Split('|'), Words(new FinderStep(new LiteralFinder("-"), Enum.Parse<SplitBehavior>(behavior), invert, Recorder(out var recorder)), "a--b-c", recorder));

    private static ModelStep Recorder(out WordRecorder recorder) => new(recorder = new WordRecorder());

    private static List<string> Words(WordStep step, string text, WordRecorder recorder)
    {
        step.Run(text, true, []);
        return recorder.Words;
    }

    private static string RandomText(Random random)
    {
        const string Signs = "aB'sSlLtT 1٣²\r\n\t\u00A0.,!_/-$日あé\u0301\u0903ǅʰ\u0007\u200Dſ";
        var text = new System.Text.StringBuilder();
        for (int i = random.Next(1, 12); i > 0; i--)
            text.Append(random.Next(15) == 0 ? "\U0001D49C" : random.Next(30) == 0 ? "🙂" : Signs[random.Next(Signs.Length)].ToString());
        return text.ToString();
    }
}

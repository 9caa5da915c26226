using System.Text;
using Kvasir.Models.Tests.Support;

namespace Kvasir.Models.Tests.Tokenizers;

public class TokenizerTests
{
    [Theory]
    [InlineData("hello world", new[] { "hello", " wo", "r", "l", "d" })]
    [InlineData("hell o", new[] { "hell", " ", "o" })]
    [InlineData("<|bos|>he<|end|>", new[] { "<|bos|>", "he", "<|end|>" })]
    [InlineData("<|bo", new[] { "<", "|", "b", "o" })]
    [InlineData("", new string[0])]
    public void Words_AreMergedByRank(string text, string[] expected)
    {
        using var tiny = new TinyModel();
        using var model = ModelFile.Open(tiny.Folder);
        Assert.Equal(expected, model.Tokenizer!.Encode(text).Select(t => model.Tokenizer.Decode([t])));
    }

    [Fact]
    public void SpecialTokens_StayText_WhenTheyAreNotParsed()
    {
        using var tiny = new TinyModel();
        using var model = ModelFile.Open(tiny.Folder);
        var tokenizer = model.Tokenizer!;
        var tokens = tokenizer.Encode("a<|end|>b", parseSpecial: false);
        Assert.DoesNotContain(tokens, tokenizer.IsSpecial);
        Assert.Equal("a<|end|>b", tokenizer.Decode(tokens));
        Assert.Equal(tokenizer.EosId, tokenizer.Find("<|end|>"));
        Assert.Null(tokenizer.Find("<|nothing|>"));
        Assert.Equal("ab", tokenizer.Decode(tokenizer.Encode("a<|end|>b"), skipSpecial: true));
        Assert.True(tokenizer.AddsBos);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void PlainPrompts_BeginAsTheFilesAsk(bool adds)
    {
        using var tiny = new TinyModel();
        tiny.Write("tokenizer_config.json", $$"""{"bos_token": "<|bos|>", "eos_token": "<|end|>", "add_bos_token": {{(adds ? "true" : "false")}}}""");
        using var model = ModelFile.Open(tiny.Folder);
        var tokenizer = model.Tokenizer!;
        int[] begin = adds ? [tokenizer.BosId!.Value] : [];
        Assert.Equal([.. begin, .. tokenizer.Encode("ab")], tokenizer.EncodePrompt("ab"));
        Assert.Equal(begin, tokenizer.EncodePrompt(""));
        Assert.Equal(tokenizer.Encode("<|bos|>ab"), tokenizer.EncodePrompt("<|bos|>ab"));
    }

    [Fact]
    public void WordsOfAnyLength_GiveTheTokensOfTheDefinition()
    {
        var random = new Random(3);
        var (vocabulary, rules) = RandomVocabulary(random);
        var bytes = new ByteLevelBpe(vocabulary, rules);
        var characters = new CharacterBpe(vocabulary, rules);
        for (int round = 0; round < 100; round++)
        {
            string word = new([.. Enumerable.Range(0, random.Next(1, 120)).Select(_ => (char)('a' + random.Next(4)))]);
            var whole = new List<int>();
            bytes.Encode(word, whole);
            var expected = Reference(word, vocabulary, rules);
            Assert.True(expected.SequenceEqual(whole), $"seed 3, round {round}: {word}");
            whole.Clear();
            characters.Encode(word, whole);
            Assert.True(expected.SequenceEqual(whole), $"seed 3, round {round}, by characters: {word}");
        }
    }

    [Fact]
    public void AWordOf200Kilobytes_IsNotQuadratic()
    {
        using var tiny = new TinyModel();
        using var model = ModelFile.Open(tiny.Folder);
        string word = string.Concat(Enumerable.Repeat("hell", 50_000));
        Assert.Equal(50_000, model.Tokenizer!.Encode(word).Length);
    }

    [Fact]
    public void RandomText_ComesBack()
    {
        using var tiny = new TinyModel();
        using var model = ModelFile.Open(tiny.Folder);
        var random = new Random(4);
        for (int round = 0; round < 500; round++)
        {
            var text = new StringBuilder();
            for (int i = random.Next(40); i > 0; i--)
            {
                int code = random.Next(4) switch { 0 => random.Next(0x20, 0x7F), 1 => random.Next(1, 0x800), 2 => random.Next(0x800, 0xD800), _ => random.Next(0x10000, 0x110000) };
                text.Append(char.ConvertFromUtf32(code));
            }

            Assert.Equal(text.ToString(), model.Tokenizer!.Decode(model.Tokenizer.Encode(text.ToString())));
        }
    }

    [Fact]
    public void UnpairedSurrogates_BecomeReplacementCharacters()
    {
        using var tiny = new TinyModel();
        using var model = ModelFile.Open(tiny.Folder);
        Assert.Equal("a\uFFFDb\uFFFD", model.Tokenizer!.Decode(model.Tokenizer.Encode("a\ud800b\udc00")));
    }

    [Fact]
    public void Streaming_HoldsBackUnfinishedCharacters_AndEqualsTheWholeText()
    {
        using var tiny = new TinyModel();
        using var model = ModelFile.Open(tiny.Folder);
        const string Text = "naïve 日本 🙂<|end|>!";
        var decoder = model.Tokenizer!.CreateDecoder(skipSpecial: true);
        var output = new StringBuilder();
        foreach (int token in model.Tokenizer.Encode(Text))
        {
            var piece = decoder.Push(token);
            Assert.DoesNotContain('\uFFFD', piece.ToString());
            output.Append(piece);
        }

        Assert.Equal("naïve 日本 🙂!", output.Append(decoder.Flush()).ToString());
        decoder.Push(model.Tokenizer.Encode("é")[0]);
        Assert.Equal("\uFFFD", decoder.Flush().ToString());
    }

    [Fact]
    public void Decoding_DoesNotAllocate()
    {
        using var tiny = new TinyModel();
        using var model = ModelFile.Open(tiny.Folder);
        var tokens = model.Tokenizer!.Encode("hello wörld");
        var decoder = model.Tokenizer.CreateDecoder();
        foreach (int token in tokens)
            decoder.Push(token);
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (int token in tokens)
            decoder.Push(token);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void IdsOfAPaddedVocabulary_AreEmpty()
    {
        using var tiny = new TinyModel();
        using var model = ModelFile.Open(tiny.Folder);
        Assert.Equal("", model.Tokenizer!.Decode([100_000, -1]));
        Assert.False(model.Tokenizer.IsSpecial(100_000));
    }

    [Theory]
    [InlineData("""{"type": "UnicodeScripts"}""", "UnicodeScripts")]
    [InlineData("""{"type": "Split", "pattern": {"Regex": "\\p{Unknown}"}, "behavior": "Isolated"}""", "")]
    [InlineData("""{"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": "("}, "behavior": "Isolated"}, {"type": "ByteLevel"}]}""", "split pattern")]
    public void PreTokenizersThatAreNotSupported_AreNamed(string json, string expected)
    {
        using var tiny = new TinyModel();
        string path = tiny.PathOf("tokenizer.json");
        var root = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(path))!;
        root["pre_tokenizer"] = System.Text.Json.Nodes.JsonNode.Parse(json);
        File.WriteAllText(path, root.ToJsonString());
        var error = Assert.Throws<UnsupportedModelException>(() => ModelFile.Open(tiny.Folder));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains("tokenizer.json", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void APatternThatBacktracksForever_EndsInAnError()
    {
        var split = SplitPatterns.Step("tokenizer.json", @"(\p{L}+)+\d", new ModelStep(new WordRecorder()));
        var error = Assert.Throws<ModelFormatException>(() => split.Run(new string('a', 5000), true, []));
        Assert.Contains("tokenizer.json", error.Message, StringComparison.Ordinal);
    }

    private static (Vocabulary Vocabulary, BytePairRules Rules) RandomVocabulary(Random random)
    {
        var pieces = new List<string>(Enumerable.Range(0, 256).Select(b => ByteAlphabet.ToChar((byte)b).ToString()));
        var merges = new List<PieceMerge>();
        var mergeable = new List<string> { "a", "b", "c", "d" };
        for (int i = 0; i < 60; i++)
        {
            string left = mergeable[random.Next(mergeable.Count)];
            string right = mergeable[random.Next(mergeable.Count)];
            merges.Add(new PieceMerge(left, right));
            if (!pieces.Contains(left + right))
            {
                pieces.Add(left + right);
                mergeable.Add(left + right);
            }
        }

        var vocabulary = new Vocabulary { Pieces = [.. pieces], Kinds = [.. pieces.Select(_ => TokenKind.Normal)] };
        return (vocabulary, new BytePairRules { Merges = merges.DistinctBy(m => m).ToList() });
    }

    // The definition: again and again, the leftmost pair of the lowest rank.
    private static List<int> Reference(string word, Vocabulary vocabulary, BytePairRules rules)
    {
        var parts = word.Select(c => c.ToString()).ToList();
        while (true)
        {
            int best = -1, rank = int.MaxValue;
            for (int i = 0; i + 1 < parts.Count; i++)
            {
                int r = rules.Merges.ToList().IndexOf(new PieceMerge(parts[i], parts[i + 1]));
                if (r >= 0 && r < rank)
                    (best, rank) = (i, r);
            }

            if (best < 0)
                return [.. parts.Select(p => Array.IndexOf(vocabulary.Pieces, p))];
            parts[best] += parts[best + 1];
            parts.RemoveAt(best + 1);
        }
    }
}

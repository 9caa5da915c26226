using System.Text.Json.Nodes;
using Kvasir.Models.Tests.Support;
using Kvasir.Models.Tests.Templates;
using Xunit.Abstractions;

namespace Kvasir.Models.Tests.Tokenizers;

/// <summary>Tokenizers that files hold in SentencePiece's own way.</summary>
public sealed class SentencePieceTests(ITestOutputHelper log)
{
    private const string Script = """
        import { createRequire } from 'node:module';
        const { SentencePieceProcessor } = createRequire(process.cwd() + '/')('@agnai/sentencepiece-js');
        let text = '';
        for await (const part of process.stdin) text += part;
        const { file, texts } = JSON.parse(text);
        const processor = new SentencePieceProcessor();
        await processor.load(file);
        const ids = texts.map(t => Array.from(processor.encodeIds(t)));
        console.log(JSON.stringify(ids));
        """;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void MergingByScores_IsThatOfTheDefinition(int seed)
    {
        var pieces = SentencePieceModels.Vocabulary(bytes: true, seed);
        var tokenizer = SentencePieceFile.Read("test", SentencePieceModels.File(pieces, unigram: false, removeSpaces: false), null);
        foreach (string text in NastyStrings.All.Select(WellFormed.Text).Where(t => t.Length is > 0 and < 60 && !t.Contains('<', StringComparison.Ordinal)))
        {
            var expected = Reference(("\u2581" + text).Replace(' ', '\u2581'), pieces);
            Assert.True(expected.SequenceEqual(tokenizer.Encode(text)), $"seed {seed}: {text}");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TheFileAndGguf_GiveTheSameTokens_AndTheText(bool unigram)
    {
        var pieces = SentencePieceModels.Vocabulary(bytes: true, 3);
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "tokenizer.model");
        File.WriteAllBytes(file, SentencePieceModels.File(pieces, unigram, removeSpaces: false));
        string gguf = Path.Combine(folder.Path, "model.gguf");
        using (var writer = new GgufWriter(gguf))
        {
            writer.Add("general.architecture", "none");
            writer.Add("tokenizer.ggml.model", unigram ? "t5" : "llama");
            writer.Add("tokenizer.ggml.tokens", pieces.Select(p => p.Piece).ToArray());
            writer.Add("tokenizer.ggml.scores", pieces.Select(p => p.Score).ToArray());
            writer.Add("tokenizer.ggml.token_type", pieces.Select(p => (int)p.Kind).ToArray());
            writer.Add("tokenizer.ggml.bos_token_id", 1);
            writer.Add("tokenizer.ggml.eos_token_id", 2);
            writer.Declare("x", Kvasir.Numerics.DataType.F32, 32);
            writer.BeginData();
            writer.BeginTensor("x");
            writer.Write(new byte[128]);
            writer.Complete();
        }

        var fromFile = TokenizerFile.Open(file);
        var fromGguf = TokenizerFile.Open(gguf);
        Assert.Equal(unigram ? [] : [1], fromFile.Prefix);
        Assert.Equal(unigram ? [2] : [], fromGguf.Suffix);
        foreach (string text in NastyStrings.All)
        {
            var ids = fromFile.Encode(text, parseSpecial: false);
            Assert.Equal(ids, fromGguf.Encode(text, parseSpecial: false));
            Assert.Equal(WellFormed.Text(text).Replace('\u2581', ' '), fromFile.Decode(ids));
        }
    }

    [Fact]
    public void SpecialTokensInText_AreOnlySeenWhenAskedFor()
    {
        var tokenizer = SentencePieceFile.Read("test", SentencePieceModels.File(SentencePieceModels.Vocabulary(true, 4), unigram: true, removeSpaces: false), null);
        Assert.Contains(2, tokenizer.Encode("a</s>b"));
        Assert.DoesNotContain(2, tokenizer.Encode("a</s>b", parseSpecial: false));
        Assert.Equal("a</s>b", tokenizer.Decode(tokenizer.Encode("a</s>b", parseSpecial: false)));
    }

    [Fact]
    public void ExtraSpaces_GoWhereTheModelSaysSo_AndTheCharacterMapTakesItsLongestEntry()
    {
        byte[] map = DoubleArray.Build([("a", "x"), ("ab", "y"), ("\t", " ")]);
        var pieces = new List<(string, float, TokenKind)> { ("<unk>", 0, TokenKind.Unknown), ("\u2581", -1, TokenKind.Normal), ("x", -1, TokenKind.Normal), ("y", -1, TokenKind.Normal), ("z", -1, TokenKind.Normal) };
        var tokenizer = SentencePieceFile.Read("test", SentencePieceModels.File(pieces, unigram: true, removeSpaces: true, map), null);
        Assert.Equal([1, 2, 1, 3, 4], tokenizer.Encode("  a \t  abz "));
        Assert.Empty(tokenizer.Encode("   "));
    }

    [NodeFact]
    public void TheLibraryItself_GivesTheSameTokens()
    {
        byte[] map = Convert.FromBase64String(DoubleArray.CharsMap());
        using var folder = new TemporaryFolder();
        foreach (var (unigram, bytes, remove) in ((bool, bool, bool)[])[(false, true, false), (true, true, true), (true, false, true), (false, false, true)])
        {
            string file = Path.Combine(folder.Path, "tokenizer.model");
            var data = SentencePieceModels.File(SentencePieceModels.Vocabulary(bytes, 5), unigram, remove, remove ? map : null);
            File.WriteAllBytes(file, data);
            var tokenizer = SentencePieceFile.Read(file, data, null);

            // The wrapper ends texts at a zero.
            var texts = NastyStrings.All.Select(WellFormed.Text).Where(t => !t.Contains('\0', StringComparison.Ordinal)).ToArray();
            var input = new JsonObject { ["file"] = file, ["texts"] = new JsonArray([.. texts.Select(t => (JsonNode)t)]) };
            var theirs = JsonNode.Parse(NodeProcess.Run(NodeFactAttribute.Folder!, Script, input.ToJsonString()))!.AsArray();
            int equal = 0;
            for (int i = 0; i < texts.Length; i++)
            {
                var expected = theirs[i]!.AsArray().Select(n => n!.GetValue<int>()).ToArray();
                var ours = tokenizer.Encode(texts[i], parseSpecial: false);
                if (expected.SequenceEqual(ours))
                    equal++;
                else
                    log.WriteLine($"{System.Text.Json.JsonSerializer.Serialize(texts[i].Length > 80 ? texts[i][..80] : texts[i])}\n  ours   {string.Join(' ', ours.Take(40))}\n  theirs {string.Join(' ', expected.Take(40))}");
            }

            log.WriteLine($"{(unigram ? "unigram" : "BPE")}{(bytes ? " with bytes" : "")}{(remove ? ", normalized" : "")}: {texts.Length} strings, equal {equal}");
            Assert.Equal(texts.Length, equal);
        }
    }

    // Of two neighbours that together are a piece, those of highest score, leftmost first.
    private static List<int> Reference(string text, IReadOnlyList<(string Piece, float Score, TokenKind Kind)> pieces)
    {
        var ids = new Dictionary<string, int>();
        for (int i = 0; i < pieces.Count; i++)
        {
            if (pieces[i].Kind == TokenKind.Normal)
                ids.TryAdd(pieces[i].Piece, i);
        }

        var parts = text.EnumerateRunes().Select(r => r.ToString()).ToList();
        while (true)
        {
            int best = -1;
            float score = float.NegativeInfinity;
            for (int i = 0; i + 1 < parts.Count; i++)
            {
                if (ids.TryGetValue(parts[i] + parts[i + 1], out int id) && pieces[id].Score > score)
                    (best, score) = (i, pieces[id].Score);
            }

            if (best < 0)
                break;
            parts[best] += parts[best + 1];
            parts.RemoveAt(best + 1);
        }

        return [.. parts.SelectMany(p => ids.TryGetValue(p, out int id) ? [id] : System.Text.Encoding.UTF8.GetBytes(p).Select(b => 3 + b))];
    }
}

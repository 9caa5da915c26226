using System.Text;
using Kvasir.Models.Tests.Support;
using Xunit.Abstractions;

namespace Kvasir.Models.Tests.Tokenizers;

/// <summary>Tokenizers give what the library that their files were made with gives.</summary>
public sealed class TokenizerOracleTests(ITestOutputHelper log)
{
    /// <summary>tokenizer.json files, separated by ':', from KVASIR_TOKENIZER_FILES.</summary>
    public static TheoryData<string> Files => [.. (Environment.GetEnvironmentVariable("KVASIR_TOKENIZER_FILES") ?? "none").Split(':')];

    [OracleTheory]
    [MemberData(nameof(Files))]
    public void AFile_GivesTheReferencesTokens(string file)
    {
        if (file != "none")
            Compare(file, File.ReadAllText(file));
    }

    /// <summary>Names of <see cref="SyntheticTokenizers"/>.</summary>
    public static TheoryData<string> Synthetic => [.. SyntheticTokenizers.All.Select(t => t.Name)];

    [OracleTheory]
    [MemberData(nameof(Synthetic))]
    public void EveryKindOfTokenizer_GivesTheReferencesTokens(string name) => Compare(name, SyntheticTokenizers.All.First(t => t.Name == name).Json);

    /// <summary>Writes tests/Fixtures/tokenizers/expected.bin, when KVASIR_WRITE_TOKENS says where: the reference's answers, not ours.</summary>
    [OracleTheory]
    [InlineData(0)]
    public void TheFixture_CanBeWrittenAnew(int first)
    {
        if (Environment.GetEnvironmentVariable("KVASIR_WRITE_TOKENS") is not { Length: > 0 } target)
            return;
        using var output = new BinaryWriter(File.Create(target));
        foreach (var (_, json) in SyntheticTokenizers.All.Skip(first))
        {
            var (ids, whole, decoded, _) = TokenizerOracle.Ask(json, NastyStrings.All);
            output.Write(ExpectedTokens.Key(json));
            for (int i = 0; i < ids.Length; i++)
                output.Write(ExpectedTokens.Digest(ids[i], whole[i], decoded[i]));
        }
    }

    private void Compare(string name, string json)
    {
        var tokenizer = TokenizerJson.Read(JsonFile.Parse(name, Encoding.UTF8.GetBytes(json)), null);
        var texts = NastyStrings.All;
        var expected = TokenizerOracle.Ask(json, texts);
        int ids = 0, whole = 0, decoded = 0, plain = 0, streamed = 0;
        bool marksWordEnds = json.Contains("BPEDecoder", StringComparison.Ordinal); // only at the end is it known that no space follows
        var problems = new List<string>();
        for (int i = 0; i < texts.Count; i++)
        {
            var actual = tokenizer.Encode(texts[i]);
            Count(ref ids, actual.SequenceEqual(expected.Ids[i]), $"{Show(texts[i])}\n  ours   {string.Join(' ', actual.Take(60))}\n  theirs {string.Join(' ', expected.Ids[i].Take(60))}");
            Count(ref whole, tokenizer.EncodeWhole(texts[i]).SequenceEqual(expected.Whole[i]), $"{Show(texts[i])} with special tokens");
            string ours = tokenizer.Decode(expected.Ids[i]);
            Count(ref decoded, ours == expected.Decoded[i], $"{Show(texts[i])} decodes to {Show(ours)}, theirs {Show(expected.Decoded[i])}");
            Count(ref plain, tokenizer.Decode(expected.Ids[i], skipSpecial: true) == expected.Plain[i], $"{Show(texts[i])} decodes to other text without special tokens");
            Count(ref streamed, Streamed(tokenizer, expected.Ids[i]) is var stream && (stream == ours || (marksWordEnds && stream == ours + " ")), $"{Show(texts[i])} is streamed as {Show(Streamed(tokenizer, expected.Ids[i]))}, not {Show(ours)}");
        }

        log.WriteLine($"{name}: {texts.Count} strings, equal {ids}; with special tokens {whole}; decoded {decoded}, without special tokens {plain}, streamed {streamed}");
        foreach (string problem in problems.Take(40))
            log.WriteLine(problem);
        Assert.Empty(problems);

        void Count(ref int equal, bool isEqual, string problem)
        {
            if (isEqual)
                equal++;
            else
                problems.Add(problem);
        }
    }

    private static string Streamed(Tokenizer tokenizer, int[] tokens)
    {
        var decoder = tokenizer.CreateDecoder(skipSpecial: false);
        var text = new StringBuilder();
        foreach (int token in tokens)
            text.Append(decoder.Push(token));
        return text.Append(decoder.Flush()).ToString();
    }

    private static string Show(string text) => System.Text.Json.JsonSerializer.Serialize(text.Length > 120 ? text[..120] : text);
}

namespace Kvasir.Models;

/// <summary>Reads the tokenizer in a GGUF file's metadata.</summary>
internal static class GgufTokenizer
{
    /// <summary>Our own keys, for what GGUF has no field for; other programs pass over them.</summary>
    public const string IgnoreMergesKey = "kvasir.tokenizer.ignore_merges";
    public const string SplitPatternsKey = "kvasir.tokenizer.split_patterns";
    public const string StopTokensKey = "kvasir.tokenizer.stop_tokens";

    /// <returns>Null when the file has no tokenizer.</returns>
    public static Tokenizer? Read(string path, GgufMetadata metadata)
    {
        string? model = metadata.String("tokenizer.ggml.model");
        if (model is null or "no_vocab" or "none")
            return null;
        if (model != "gpt2")
            throw new UnsupportedModelException(path, $"tokenizer.ggml.model \"{model}\" is not supported; \"gpt2\" (byte-level BPE) is");

        var pieces = metadata.Strings("tokenizer.ggml.tokens") ?? throw metadata.Error("tokenizer.ggml.tokens", "the field is missing");
        if (pieces.Length is 0 or > ConfigLimits.MaxVocab)
            throw metadata.Error("tokenizer.ggml.tokens", $"{pieces.Length} tokens");
        var kinds = ReadKinds(metadata, pieces.Length);
        string pre = metadata.String("tokenizer.ggml.pre") ?? "default";
        int? Id(string name) => metadata.Integer($"tokenizer.ggml.{name}", 0, pieces.Length - 1);

        return new Tokenizer(new Vocabulary
        {
            Pieces = pieces,
            Kinds = kinds,
            Merges = ReadMerges(metadata),
            IgnoreMerges = metadata.Bool(IgnoreMergesKey) ?? pre is "llama-bpe" or "llama3" or "llama-v3",
            Split = metadata.Strings(SplitPatternsKey) is { } patterns
                ? new SplitPattern(path, patterns, metadata.Bool("tokenizer.ggml.add_space_prefix") ?? false)
                : SplitPattern.ForGguf(path, pre),
            BosId = Id("bos_token_id"),
            EosId = Id("eos_token_id"),
            PadId = Id("padding_token_id"),
            AddsBos = Id("bos_token_id") is not null && (metadata.Bool("tokenizer.ggml.add_bos_token") ?? pre == "llama-bpe"),
        });
    }

    private static TokenKind[] ReadKinds(GgufMetadata metadata, int count)
    {
        const string Key = "tokenizer.ggml.token_type";
        var kinds = new TokenKind[count];
        Array.Fill(kinds, TokenKind.Normal);
        if (metadata.Integers(Key) is not { } types)
            return kinds;
        if (types.Length != count)
            throw metadata.Error(Key, $"{types.Length} types for {count} tokens");
        for (int i = 0; i < count; i++)
            kinds[i] = types[i] is >= 1 and <= 6 ? (TokenKind)types[i] : throw metadata.Error(Key, $"element {i} is {types[i]}, not 1 to 6");
        return kinds;
    }

    private static List<(string Left, string Right)> ReadMerges(GgufMetadata metadata)
    {
        const string Key = "tokenizer.ggml.merges";
        var lines = metadata.Strings(Key) ?? throw metadata.Error(Key, "the field is missing");
        var merges = new List<(string, string)>(lines.Length);
        for (int i = 0; i < lines.Length; i++)
        {
            int space = lines[i].IndexOf(' ', Math.Min(1, lines[i].Length));
            if (space < 0)
                throw metadata.Error(Key, $"element {i}, \"{lines[i]}\", is not two parts with a space between");
            merges.Add((lines[i][..space], lines[i][(space + 1)..]));
        }

        return merges;
    }
}

namespace Kvasir.Models;

/// <summary>Reads the tokenizer in a GGUF file's metadata.</summary>
internal static class GgufTokenizer
{
    /// <summary>A whole tokenizer.json; what it says goes before everything else.</summary>
    public const string JsonKey = "tokenizer.huggingface.json";

    /// <summary>Our own keys, for what GGUF has no field for; other programs pass over them.</summary>
    public const string IgnoreMergesKey = "kvasir.tokenizer.ignore_merges";
    public const string SplitPatternsKey = "kvasir.tokenizer.split_patterns";
    public const string StopTokensKey = "kvasir.tokenizer.stop_tokens";

    private const string TokensKey = "tokenizer.ggml.tokens";

    /// <returns>Null when the file has no tokenizer.</returns>
    public static Tokenizer? Read(string path, GgufMetadata metadata)
    {
        string? model = metadata.String("tokenizer.ggml.model");
        if (model is null or "no_vocab" or "none")
            return null;
        var pieces = metadata.Strings(TokensKey) ?? throw metadata.Error(TokensKey, "the field is missing");
        if (pieces.Length is 0 or > ConfigLimits.MaxVocab)
            throw metadata.Error(TokensKey, $"{pieces.Length} tokens");
        var kinds = ReadKinds(metadata, pieces.Length);
        if (metadata.String(JsonKey) is { } json)
            return GgufJsonTokenizer.Read(path, metadata, json, pieces);
        return model switch
        {
            "gpt2" => ByteLevel(path, metadata, pieces, kinds),
            "llama" => SentencePiece(metadata, pieces, kinds, unigram: false).Build(path),
            "t5" => SentencePiece(metadata, pieces, kinds, unigram: true).Build(path),
            "bert" => GgufBertTokenizer.Read(path, metadata, pieces, kinds),
            _ => throw new UnsupportedModelException(
                path, $"tokenizer.ggml.model \"{model}\" is not supported; gpt2 (byte-level BPE), llama (SentencePiece BPE), t5 (unigram) and bert (WordPiece) are"),
        };
    }

    /// <summary>The id in a field of the tokenizer, when the file has it.</summary>
    public static int? Id(GgufMetadata metadata, string name, int count) => metadata.Integer($"tokenizer.ggml.{name}", 0, count - 1);

    private static Tokenizer ByteLevel(string path, GgufMetadata metadata, string[] pieces, TokenKind[] kinds)
    {
        string pre = metadata.String("tokenizer.ggml.pre") ?? "default";
        var vocabulary = new Vocabulary
        {
            Pieces = pieces,
            Kinds = kinds,
            BosId = Id(metadata, "bos_token_id", pieces.Length),
            EosId = Id(metadata, "eos_token_id", pieces.Length),
            PadId = Id(metadata, "padding_token_id", pieces.Length),
            AddsBos = Id(metadata, "bos_token_id", pieces.Length) is not null && (metadata.Bool("tokenizer.ggml.add_bos_token") ?? pre is "llama-bpe" or "tekken"),
        };
        var rules = new BytePairRules
        {
            Merges = ReadMerges(metadata),
            IgnoreMerges = metadata.Bool(IgnoreMergesKey) ?? SplitPatterns.TakesWholeWords(pre),
        };
        var patterns = metadata.Strings(SplitPatternsKey) ?? SplitPatterns.ForGguf(path, pre);
        var split = new ByteLevelSplit(patterns, metadata.Bool("tokenizer.ggml.add_space_prefix") ?? false);
        return new Tokenizer(new TokenizerParts
        {
            Vocabulary = vocabulary,
            Added = [.. Added(pieces, kinds)],
            Words = split.Step(path, new ByteLevelBpe(vocabulary, rules)),
            Decoder = new TokenDecoder([new ByteLevelDecode()]),
            Prefix = vocabulary is { AddsBos: true, BosId: { } bos } ? [bos] : [],
            Suffix = metadata.Bool("tokenizer.ggml.add_eos_token") == true && vocabulary.EosId is { } eos ? [eos] : [],
            ByteLevel = new ByteLevelForm(split, rules),
        });
    }

    /// <summary>The entries that are looked for in text as a whole.</summary>
    public static IEnumerable<AddedToken> Added(string[] pieces, TokenKind[] kinds)
    {
        for (int id = 0; id < pieces.Length; id++)
        {
            if (pieces[id].Length > 0 && kinds[id] is TokenKind.Control or TokenKind.UserDefined)
                yield return new AddedToken(pieces[id], id) { Special = kinds[id] == TokenKind.Control };
        }
    }

    private static SentencePieceDefinition SentencePiece(GgufMetadata metadata, string[] pieces, TokenKind[] kinds, bool unigram)
    {
        const string Scores = "tokenizer.ggml.scores";
        var scores = metadata.Floats(Scores) ?? throw metadata.Error(Scores, "the field is missing");
        int? bos = Id(metadata, "bos_token_id", pieces.Length);
        int unknown = Id(metadata, "unknown_token_id", pieces.Length) ?? Math.Max(0, Array.IndexOf(kinds, TokenKind.Unknown));
        bool phi3 = metadata.String("general.name") is { } name
            && (name.Contains("phi-3", StringComparison.OrdinalIgnoreCase) || name.Contains("phi3", StringComparison.OrdinalIgnoreCase));
        const string Map = "tokenizer.ggml.precompiled_charsmap";
        return new SentencePieceDefinition(
            new Vocabulary
            {
                Pieces = pieces,
                Kinds = kinds,
                BosId = bos,
                EosId = Id(metadata, "eos_token_id", pieces.Length),
                PadId = Id(metadata, "padding_token_id", pieces.Length),
                AddsBos = bos is not null && (metadata.Bool("tokenizer.ggml.add_bos_token") ?? !unigram),
            },
            scores)
        {
            IsUnigram = unigram,
            UnknownId = unknown,
            CharsMap = metadata.Bytes(Map) is { Length: > 0 } map ? new CharsMap($"metadata \"{Map}\"", map) : null,
            AddPrefix = metadata.Bool("tokenizer.ggml.add_space_prefix") ?? true,
            RemoveExtraSpaces = metadata.Bool("tokenizer.ggml.remove_extra_whitespaces") ?? false,
            AddsEos = metadata.Bool("tokenizer.ggml.add_eos_token") ?? unigram,

            // Files have no field for it; llama.cpp goes by the name too.
            StripsRight = text => phi3 && text is not ("<unk>" or "<s>" or "<|endoftext|>"),
        };
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

    private static PieceMerge[] ReadMerges(GgufMetadata metadata)
    {
        const string Key = "tokenizer.ggml.merges";
        var lines = metadata.Strings(Key) ?? throw metadata.Error(Key, "the field is missing");
        var merges = new PieceMerge[lines.Length];
        for (int i = 0; i < lines.Length; i++)
            merges[i] = PieceMerge.Parse(lines[i]) ?? throw metadata.Error(Key, $"element {i}, \"{lines[i]}\", is not two parts with a space between");
        return merges;
    }
}

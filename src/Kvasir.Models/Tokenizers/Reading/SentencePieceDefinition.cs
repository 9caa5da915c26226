namespace Kvasir.Models;

/// <summary>A SentencePiece model as its own file or a GGUF file holds it.</summary>
internal sealed record SentencePieceDefinition(Vocabulary Vocabulary, float[] Scores)
{
    /// <summary>Whether the most probable segmentation is taken; else neighbours are merged by score.</summary>
    public bool IsUnigram { get; init; }

    /// <summary>Stands for what no entry covers.</summary>
    public int UnknownId { get; init; }

    /// <summary>The map of the normalizer; null when text stays as it is.</summary>
    public CharsMap? CharsMap { get; init; }

    /// <summary>Whether a space is set before a text.</summary>
    public bool AddPrefix { get; init; } = true;

    /// <summary>Whether spaces in a row become one and those at the ends go.</summary>
    public bool RemoveExtraSpaces { get; init; }

    /// <summary>Whether the end token stands behind a text of its own.</summary>
    public bool AddsEos { get; init; }

    /// <summary>Special tokens that swallow white space behind them, by their text (Phi-3).</summary>
    public Func<string, bool> StripsRight { get; init; } = _ => false;

    /// <summary>The tokenizer.</summary>
    public Tokenizer Build(string path)
    {
        if (Scores.Length != Vocabulary.Pieces.Length)
            throw new ModelFormatException(path, $"{Scores.Length} scores for {Vocabulary.Pieces.Length} tokens");
        if (Array.Exists(Scores, s => !float.IsFinite(s)))
            throw new ModelFormatException(path, "a token's score is not a finite number");
        bool bytes = Array.Exists(Vocabulary.Kinds, k => k == TokenKind.Byte);
        PieceModel model = IsUnigram
            ? new UnigramModel(Vocabulary, Array.ConvertAll(Scores, s => (double)s), UnknownId, bytes)
            : ScoredMerges.Model(Vocabulary, Scores, new BytePairRules { Merges = [], ByteFallback = bytes, UnknownId = UnknownId, FuseUnknown = true });
        List<DecodeStep> steps = [new ReplaceDecode(new ReplaceNormalizer("\u2581", " ")), new ByteFallbackDecode(), new FuseDecode()];
        if (AddPrefix)
            steps.Add(new StripDecode(' ', 1, 0));
        return new Tokenizer(new TokenizerParts
        {
            Vocabulary = Vocabulary,
            Added = [.. Added()],
            Normalizer = new SentencePieceNormalizer(CharsMap, AddPrefix, RemoveExtraSpaces, escape: true),
            Words = new ModelStep(model),
            Decoder = new TokenDecoder(steps),
            Prefix = Vocabulary is { AddsBos: true, BosId: { } bos } ? [bos] : [],
            Suffix = AddsEos && Vocabulary.EosId is { } eos ? [eos] : [],
        });
    }

    private IEnumerable<AddedToken> Added()
    {
        for (int id = 0; id < Vocabulary.Pieces.Length; id++)
        {
            var kind = Vocabulary.Kinds[id];
            if (Vocabulary.Pieces[id] is { Length: > 0 } text && kind is TokenKind.Control or TokenKind.Unknown or TokenKind.UserDefined)
                yield return new AddedToken(text, id) { Special = kind != TokenKind.UserDefined, StripRight = kind != TokenKind.UserDefined && StripsRight(text) };
        }
    }
}

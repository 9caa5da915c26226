namespace Kvasir.Models;

/// <summary>Reads the WordPiece tokenizer of GGUF files (<c>bert</c>): entries that begin a word carry <c>▁</c>, the others nothing.</summary>
internal static class GgufBertTokenizer
{
    private const string WordStart = "\u2581";

    public static Tokenizer Read(string path, GgufMetadata metadata, string[] pieces, TokenKind[] kinds)
    {
        int? begin = GgufTokenizer.Id(metadata, "cls_token_id", pieces.Length) ?? GgufTokenizer.Id(metadata, "bos_token_id", pieces.Length);
        int? end = GgufTokenizer.Id(metadata, "seperator_token_id", pieces.Length) ?? GgufTokenizer.Id(metadata, "eos_token_id", pieces.Length);
        int unknown = GgufTokenizer.Id(metadata, "unknown_token_id", pieces.Length) ?? Math.Max(0, Array.IndexOf(pieces, "[UNK]"));
        bool adds = metadata.Bool("tokenizer.ggml.add_bos_token") ?? true;
        var vocabulary = new Vocabulary
        {
            Pieces = pieces,
            Kinds = kinds,
            BosId = begin,
            EosId = end,
            PadId = GgufTokenizer.Id(metadata, "padding_token_id", pieces.Length),
            AddsBos = begin is not null && adds,
        };
        var ids = vocabulary.TextIds();
        var model = new WordPieceModel(
            ids.Where(i => i.Key.Length > 1 && i.Key.StartsWith(WordStart, StringComparison.Ordinal)).Select(i => (i.Key[1..], i.Value)),
            ids.Where(i => !i.Key.StartsWith(WordStart, StringComparison.Ordinal)).Select(i => (i.Key, i.Value)),
            unknown,
            int.MaxValue);
        WordStep words = new FinderStep(CharacterFinder.Punctuation, SplitBehavior.Isolated, false, new ModelStep(model));
        return new Tokenizer(new TokenizerParts
        {
            Vocabulary = vocabulary,
            Added = [.. GgufTokenizer.Added(pieces, kinds)],
            Normalizer = new NormalizerSequence(path, [new BertNormalizer(clean: true, ideographs: true, stripAccents: true, lowercase: true)]),
            Words = new FinderStep(CharacterFinder.Spaces, SplitBehavior.Removed, false, words),
            Decoder = new TokenDecoder([new ReplaceDecode(new ReplaceNormalizer(WordStart, " ")), new FuseDecode(), new StripDecode(' ', 1, 0)]),
            Prefix = adds && begin is { } first ? [first] : [],
            Suffix = end is { } last && (metadata.Bool("tokenizer.ggml.add_eos_token") ?? adds) ? [last] : [],
        });
    }
}

using Kvasir.Models;

namespace Kvasir.Benchmarks.Fuzzing.Parsers;

/// <summary>tokenizer.json of every kind.</summary>
internal sealed class TokenizerTarget : ParserTarget
{
    public override string Name => "tokenizer";

    public override IReadOnlyList<string> Words =>
    [
        "type", "BPE", "Unigram", "WordPiece", "WordLevel", "Sequence", "normalizers", "pretokenizers", "processors", "decoders", "NFC", "NFKD", "Lowercase", "Strip", "StripAccents", "Replace", "Prepend", "Precompiled",
        "BertNormalizer", "Nmt", "ByteLevel", "Split", "Metaspace", "Whitespace", "WhitespaceSplit", "BertPreTokenizer", "Digits", "Punctuation", "CharDelimiterSplit", "FixedLength", "pattern", "Regex", "String", "behavior",
        "Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous", "invert", "vocab", "merges", "byte_fallback", "ignore_merges", "unk_token", "unk_id", "fuse_unk", "continuing_subword_prefix",
        "end_of_word_suffix", "TemplateProcessing", "BertProcessing", "RobertaProcessing", "Fuse", "ByteFallback", "WordPiece", "BPEDecoder", "added_tokens", "normalized", "lstrip", "rstrip", "single_word", "special", "id", "content",
    ];

    public override IReadOnlyList<ParserCase> Seeds(string folder)
    {
        File.WriteAllBytes(Path.Combine(folder, "tokenizer_config.json"), ParserSeeds.TokenizerConfig());
        return [.. ParserSeeds.Tokenizers.Select(json => new ParserCase("tokenizer.json", System.Text.Encoding.UTF8.GetBytes(json)))];
    }

    public override string Parse(string folder, ParserCase changed) => ParserUse.Tokenizer(TokenizerFile.Open(folder));
}

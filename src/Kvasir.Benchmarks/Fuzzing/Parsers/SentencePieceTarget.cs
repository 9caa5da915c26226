using Kvasir.Models;

namespace Kvasir.Benchmarks.Fuzzing.Parsers;

/// <summary>SentencePiece's tokenizer.model.</summary>
internal sealed class SentencePieceTarget : ParserTarget
{
    public override string Name => "sentencepiece";

    public override IReadOnlyList<string> Words => ["<unk>", "<s>", "</s>", "▁", "▁the", "<0x0A>", "<0xFF>"];

    public override IReadOnlyList<ParserCase> Seeds(string folder) =>
        [.. ((bool[])[false, true]).SelectMany(unigram => ((bool[])[false, true]).Select(map => new ParserCase("tokenizer.model", ParserSeeds.SentencePiece(unigram, map))))];

    public override string Parse(string folder, ParserCase changed) => ParserUse.Tokenizer(TokenizerFile.Open(folder));
}

using Kvasir.Models;

namespace Kvasir.Benchmarks.Fuzzing.Parsers;

/// <summary>GGUF files with each kind of tokenizer, opened as models.</summary>
internal sealed class GgufTarget : ParserTarget
{
    private const string FileName = "model.gguf";

    public override string Name => "gguf";

    public override IReadOnlyList<string> Words =>
    [
        "general.architecture", "llama", "qwen2", "gpt2", "bert", "t5", "tokenizer.ggml.model", "tokenizer.ggml.pre", "tokenizer.ggml.tokens", "tokenizer.ggml.scores", "tokenizer.ggml.merges",
        "tokenizer.ggml.token_type", "tokenizer.ggml.precompiled_charsmap", "tokenizer.huggingface.json", "split.count", "general.alignment", "llama.block_count", "blk.0.attn_q.weight", "output.weight",
    ];

    public override IReadOnlyList<ParserCase> Seeds(string folder) =>
        [.. ((string[])["gpt2", "llama", "t5", "bert"]).Select(kind => new ParserCase(FileName, ParserSeeds.Gguf(Path.Combine(folder, "seed.gguf"), kind)))];

    public override string Parse(string folder, ParserCase changed)
    {
        using var model = ModelFile.Open(Path.Combine(folder, FileName));
        return ParserUse.Model(model);
    }
}

namespace Kvasir.Models;

/// <summary>Opens a GGUF file as a model.</summary>
internal static class GgufModel
{
    // Files name one eos token; models end their turns with others too. These names are used by no model for anything else.
    private static readonly string[] EndOfTurnNames =
        ["<|eot_id|>", "<|im_end|>", "<|end|>", "<|end_of_turn|>", "<end_of_turn>", "<|endoftext|>", "<|eom_id|>", "<|end_of_text|>"];

    public static ModelFile Open(string path)
    {
        var parts = GgufParts.Open(path);
        try
        {
            var file = parts.First;
            if (file.Metadata.String("general.type") == GgufAdapter.FileType)
                throw new UnsupportedModelException(path, "this is an adapter, not a model; give it beside its model with --adapter");
            var (config, naming) = GgufConfig.Read(file);
            var weights = new WeightTable(path, config, file.Tensors, naming);
            return new ModelFile(path, parts, config, weights, ReadText(file, config));
        }
        catch
        {
            parts.Dispose();
            throw;
        }
    }

    private static ModelText ReadText(GgufFile file, ModelConfig config)
    {
        var tokenizer = GgufTokenizer.Read(file.Path, file.Metadata);
        var template = ChatTemplate.OfFile(file.Path, file.Metadata.String("tokenizer.chat_template"), tokenizer);
        var toolTemplate = ChatTemplate.OfFile(file.Path, file.Metadata.String("tokenizer.chat_template.tool_use"), tokenizer);
        var stops = new SortedSet<int>();
        if (tokenizer is not null)
        {
            if (tokenizer.VocabSize > config.VocabSize)
                throw new ModelFormatException(file.Path, $"{tokenizer.VocabSize} tokens are listed, the embedding has {config.VocabSize} rows");
            // A file that we wrote lists them all.
            if (file.Metadata.Integers(GgufTokenizer.StopTokensKey) is { } listed)
            {
                if (listed.Any(id => id < 0 || id >= config.VocabSize))
                    throw file.Metadata.Error(GgufTokenizer.StopTokensKey, "an id is outside the vocabulary");
                return Text([.. listed.Distinct().Order()]);
            }

            foreach (string key in (string[])["eos_token_id", "eot_token_id", "eom_token_id"])
            {
                if (file.Metadata.Integer($"tokenizer.ggml.{key}", 0, config.VocabSize - 1) is { } id)
                    stops.Add(id);
            }

            foreach (string name in EndOfTurnNames)
            {
                if (tokenizer.Find(name) is { } id)
                    stops.Add(id);
            }
        }

        return Text([.. stops]);

        ModelText Text(IReadOnlyList<int> stopTokens) =>
            new(tokenizer, template, stopTokens, file.Metadata.String("general.name"))
            {
                ToolTemplate = toolTemplate,
                Embedding = GgufEncoders.Settings(file, config.Architecture),
            };
    }
}

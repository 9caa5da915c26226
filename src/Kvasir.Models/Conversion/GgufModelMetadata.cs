using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>Writes a model's configuration, tokenizer and template as GGUF metadata, with llama.cpp's keys.</summary>
internal static class GgufModelMetadata
{
    /// <param name="writer">Where to.</param>
    /// <param name="model">The model.</param>
    /// <param name="family">The architecture to write it as.</param>
    /// <param name="name">Its name in the new file; its own when null.</param>
    /// <param name="type">The type of most of its matrices' weights.</param>
    public static void Write(GgufWriter writer, ModelFile model, GgufFamily family, string? name, DataType type)
    {
        var config = model.Config;
        writer.Add("general.architecture", family.Name);
        writer.Add("general.name", name ?? model.Name ?? "model");
        writer.Add("general.file_type", FileType(type));
        writer.Add("general.quantization_version", 2);
        writer.Add("general.alignment", 32);
        GgufConfig.Write(writer, family, config);
        if (model.Tokenizer is { } tokenizer)
            WriteTokenizer(writer, tokenizer, config.VocabSize, model.StopTokens);
        else
            writer.Add("tokenizer.ggml.model", "none");
        if (model.ChatTemplate is { } template)
            writer.Add("tokenizer.chat_template", template.Source);
        if (model.Text.ToolTemplate is { } toolTemplate)
            writer.Add("tokenizer.chat_template.tool_use", toolTemplate.Source);
    }

    private static void WriteTokenizer(GgufWriter writer, Tokenizer tokenizer, int rows, IReadOnlyList<int> stops)
    {
        // Readers expect one entry a row of the embedding; unused ids get names that no text can form.
        var vocabulary = tokenizer.Vocabulary;
        var pieces = new string[rows];
        var kinds = new int[rows];
        for (int id = 0; id < rows; id++)
        {
            string? piece = id < vocabulary.Pieces.Length ? vocabulary.Pieces[id] : null;
            pieces[id] = piece ?? $"[PAD{id}]";
            kinds[id] = (int)(piece is null ? TokenKind.Unused : vocabulary.Kinds[id]);
        }

        writer.Add("tokenizer.ggml.tokens", pieces);
        writer.Add("tokenizer.ggml.token_type", kinds);
        writer.Add("tokenizer.ggml.add_bos_token", vocabulary.AddsBos);
        if (tokenizer.Parts.ByteLevel is { } form)
            WriteByteLevel(writer, form);
        else
            WriteWhole(writer, tokenizer);
        if (vocabulary.BosId is { } bos)
            writer.Add("tokenizer.ggml.bos_token_id", bos);
        if (vocabulary.PadId is { } pad)
            writer.Add("tokenizer.ggml.padding_token_id", pad);
        int? eos = vocabulary.EosId ?? (stops.Count > 0 ? stops[0] : null);
        if (eos is { } end)
            writer.Add("tokenizer.ggml.eos_token_id", end);
        foreach (int other in stops.Where(s => s != eos).Take(1))
            writer.Add("tokenizer.ggml.eot_token_id", other);
        if (stops.Count > 0)
            writer.Add(GgufTokenizer.StopTokensKey, stops);
    }

    private static void WriteByteLevel(GgufWriter writer, ByteLevelForm form)
    {
        string? name = SplitPatterns.GgufName(form.Split.Patterns);
        writer.Add("tokenizer.ggml.model", "gpt2");
        writer.Add("tokenizer.ggml.pre", name ?? "default");
        writer.Add("tokenizer.ggml.merges", [.. form.Rules.Merges.Select(m => m.Text)]);
        writer.Add("tokenizer.ggml.add_space_prefix", form.Split.AddPrefixSpace);
        writer.Add(GgufTokenizer.IgnoreMergesKey, form.Rules.IgnoreMerges);
        if (name is null)
            writer.Add(GgufTokenizer.SplitPatternsKey, form.Split.Patterns);
    }

    // What GGUF has no fields for goes into the file as it is.
    private static void WriteWhole(GgufWriter writer, Tokenizer tokenizer)
    {
        if (tokenizer.Parts.JsonPath is not { } path || !File.Exists(path))
            throw new UnsupportedModelException(tokenizer.Parts.JsonPath ?? "the model", "its tokenizer cannot be written into a GGUF file; only tokenizers of GGUF's gpt2 kind and tokenizer.json can");
        writer.Add("tokenizer.ggml.model", "huggingface");
        writer.Add(GgufTokenizer.JsonKey, File.ReadAllText(path));
    }

    // llama.cpp's llama_ftype: the type of most matrices.
    private static int FileType(DataType type) => type switch
    {
        DataType.F32 => 0,
        DataType.F16 => 1,
        DataType.Q4_0 => 2,
        DataType.Q4_1 => 3,
        DataType.Q8_0 => 7,
        DataType.Q5_0 => 8,
        DataType.Q5_1 => 9,
        DataType.Q2_K => 10,
        DataType.Q3_K => 11,
        DataType.Q4_K => 14,
        DataType.Q5_K => 16,
        DataType.Q6_K => 18,
        DataType.IQ4_NL => 25,
        DataType.IQ4_XS => 30,
        DataType.MXFP4 => 38,
        _ => 32,
    };
}

using Kvasir.Models;

namespace Kvasir.Benchmarks.Fuzzing.Parsers;

/// <summary>The JSON files of a Hugging Face folder that configure a model.</summary>
internal sealed class ConfigTarget : ParserTarget
{
    public override string Name => "config";

    public override IReadOnlyList<string> Words =>
    [
        "model_type", "llama", "qwen2", "hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim", "rope_scaling", "rope_type", "llama3", "yarn", "linear", "factor",
        "quantization_config", "quant_method", "gptq", "awq", "bits", "sliding_window", "eos_token_id", "chat_template", "bos_token", "content", "architectures",
        "type", "path", "Transformer", "Pooling", "Normalize", "Dense", "1_Pooling", "pooling_mode", "cls", "mean", "lasttoken", "max_seq_length", "prompts", "default_prompt_name", "include_prompt",
    ];

    public override IReadOnlyList<ParserCase> Seeds(string folder)
    {
        ParserSeeds.Folder(folder);
        Directory.CreateDirectory(Path.Combine(folder, "1_Pooling"));
        return
        [
            new ParserCase("config.json", ParserSeeds.Config()),
            new ParserCase("config.json", ParserSeeds.Config(""", "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64}, "sliding_window": null, "attention_bias": false, "mlp_bias": false""")),
            new ParserCase("generation_config.json", """{"eos_token_id": [1, 2], "temperature": 0.7}"""u8.ToArray()),
            new ParserCase("tokenizer_config.json", ParserSeeds.TokenizerConfig()),
            new ParserCase("modules.json", """[{"type": "sentence_transformers.models.Transformer", "path": ""}, {"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"}, {"type": "sentence_transformers.models.Normalize", "path": "2_Normalize"}]"""u8.ToArray()),
            new ParserCase("1_Pooling/config.json", """{"word_embedding_dimension": 32, "pooling_mode_mean_tokens": true, "pooling_mode_cls_token": false}"""u8.ToArray()),
            new ParserCase("sentence_bert_config.json", """{"max_seq_length": 64, "do_lower_case": true}"""u8.ToArray()),
            new ParserCase("config_sentence_transformers.json", """{"prompts": {"query": "query: ", "document": ""}, "default_prompt_name": "query"}"""u8.ToArray()),
        ];
    }

    public override string Parse(string folder, ParserCase changed)
    {
        using var model = ModelFile.Open(folder);
        return ParserUse.Model(model) + (model.Embedding is { } embedding ? $" {embedding.Pooling} {embedding.Normalize} {embedding.Unsupported is null} {embedding.Prompts.Count}" : "");
    }
}

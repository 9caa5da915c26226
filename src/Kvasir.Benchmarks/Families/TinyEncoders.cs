namespace Kvasir.Benchmarks.Families;

/// <summary>Configurations of tiny encoders as transformers 4 and 5 write them. Windows are shorter than the texts of tests.</summary>
internal static class TinyEncoders
{
    private const string Bert =
        """
        "vocab_size": 320, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4,
        "max_position_embeddings": 128, "type_vocab_size": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-12,
        """;

    private const string Modern =
        """
        "vocab_size": 320, "hidden_size": 64, "intermediate_size": 80, "num_hidden_layers": 4, "num_attention_heads": 4,
        "max_position_embeddings": 256, "hidden_activation": "gelu", "norm_eps": 1e-5, "local_attention": 8, "eos_token_id": 50282, "pad_token_id": 50283,
        """;

    /// <summary>Name and config.json of each.</summary>
    public static IReadOnlyList<(string Name, string Config)> All { get; } =
    [
        ("bert", $$"""{"model_type": "bert", "architectures": ["BertModel"], {{Bert}} "pad_token_id": 0}"""),
        ("bert-mlm", $$"""{"model_type": "bert", "architectures": ["BertForMaskedLM"], {{Bert}} "pad_token_id": 0}"""),
        ("bert-tanh", $$"""{"model_type": "bert", "architectures": ["BertForPreTraining"], "vocab_size": 320, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 1, "num_attention_heads": 2, "max_position_embeddings": 64, "hidden_act": "gelu_new", "tie_word_embeddings": false}"""),
        ("roberta", $$"""{"model_type": "roberta", "architectures": ["RobertaModel"], {{Bert}} "pad_token_id": 1}"""),
        ("roberta-mlm", $$"""{"model_type": "xlm-roberta", "architectures": ["XLMRobertaForMaskedLM"], {{Bert}} "pad_token_id": 1}"""),
        ("distilbert", """{"model_type": "distilbert", "architectures": ["DistilBertForMaskedLM"], "vocab_size": 320, "dim": 64, "hidden_dim": 96, "n_layers": 2, "n_heads": 4, "max_position_embeddings": 128, "activation": "gelu"}"""),
        ("modernbert", $$"""{"model_type": "modernbert", "architectures": ["ModernBertModel"], {{Modern}} "global_rope_theta": 160000.0, "local_rope_theta": 10000.0, "global_attn_every_n_layers": 3}"""),
        ("modernbert-mlm", $$"""{"model_type": "modernbert", "architectures": ["ModernBertForMaskedLM"], {{Modern}} "norm_bias": true, "attention_bias": true, "mlp_bias": true, "layer_types": ["sliding_attention", "full_attention", "sliding_attention", "full_attention"], "rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": 4000.0}, "sliding_attention": {"rope_type": "default", "rope_theta": 100.0} } }"""),
    ];

    /// <summary>The configuration of a name.</summary>
    public static string Config(string name) => All.Single(encoder => encoder.Name == name).Config;
}

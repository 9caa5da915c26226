namespace Kvasir.Benchmarks.Families;

/// <summary>
/// Configurations of tiny models, one or a few of each family, as transformers 5 writes them. Windows are short and rotations scaled, so that
/// every feature shows in few tokens.
/// </summary>
internal static class TinyFamilies
{
    private const string Common =
        """
        "vocab_size": 320, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 3, "num_attention_heads": 4,
        "num_key_value_heads": 2, "max_position_embeddings": 1024, "rms_norm_eps": 1e-6, "rope_theta": 10000.0,
        """;

    private const string Gpt = """ "vocab_size": 320, "n_embd": 64, "n_layer": 3, "n_head": 4, "n_positions": 1024, """;

    private const string Mixer =
        """ "mamba_n_heads": 8, "mamba_d_head": 16, "mamba_n_groups": 2, "mamba_d_state": 16, "mamba_d_conv": 4, "mamba_expand": 2, """;

    private const string Latent =
        """
        "vocab_size": 320, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 4,
        "max_position_embeddings": 1024, "kv_lora_rank": 24, "qk_rope_head_dim": 8, "qk_nope_head_dim": 16, "v_head_dim": 12, "moe_intermediate_size": 48,
        "first_k_dense_replace": 1, "num_experts_per_tok": 2,
        """;

    /// <summary>Name and config.json of each.</summary>
    public static IReadOnlyList<(string Name, string Config)> All { get; } =
    [
        ("llama-yarn", $$"""{"model_type": "llama", {{Common}} "attention_bias": true, "mlp_bias": true, "rope_parameters": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32, "rope_theta": 10000.0} }"""),
        ("mistral", $$"""{"model_type": "mistral", {{Common}} "head_dim": 16, "sliding_window": 8}"""),
        ("ministral3", $$"""{"model_type": "ministral3", "vocab_size": 320, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 1024, "head_dim": 16, "sliding_window": null, "rope_parameters": {"rope_type": "yarn", "factor": 16.0, "original_max_position_embeddings": 8, "rope_theta": 10000.0, "mscale": 1.0, "mscale_all_dim": 1.0, "llama_4_scaling_beta": 0.3} }"""),
        ("mixtral", $$"""{"model_type": "mixtral", {{Common}} "num_local_experts": 4, "num_experts_per_tok": 2, "sliding_window": 9}"""),
        ("qwen2-windows", $$"""{"model_type": "qwen2", {{Common}} "use_sliding_window": true, "sliding_window": 8, "layer_types": ["full_attention", "sliding_attention", "sliding_attention"]}"""),
        ("qwen2-moe", $$"""{"model_type": "qwen2_moe", {{Common}} "moe_intermediate_size": 48, "shared_expert_intermediate_size": 80, "num_experts": 4, "num_experts_per_tok": 2, "mlp_only_layers": [1]}"""),
        ("qwen3", $$"""{"model_type": "qwen3", {{Common}} "head_dim": 32, "attention_bias": true, "tie_word_embeddings": true}"""),
        ("qwen3-moe", $$"""{"model_type": "qwen3_moe", {{Common}} "head_dim": 16, "moe_intermediate_size": 48, "num_local_experts": 4, "num_experts_per_tok": 3, "norm_topk_prob": true}"""),
        ("gemma", $$"""{"model_type": "gemma", {{Common}} "head_dim": 16, "hidden_act": "gelu_pytorch_tanh", "tie_word_embeddings": true}"""),
        ("gemma2", $$"""{"model_type": "gemma2", {{Common}} "head_dim": 16, "hidden_activation": "gelu_pytorch_tanh", "query_pre_attn_scalar": 24, "attn_logit_softcapping": 2.0, "final_logit_softcapping": 3.0, "sliding_window": 8, "layer_types": ["sliding_attention", "full_attention", "sliding_attention"], "tie_word_embeddings": true}"""),
        ("gemma3", $$"""{"model_type": "gemma3_text", "vocab_size": 320, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 1024, "head_dim": 16, "hidden_activation": "gelu_pytorch_tanh", "query_pre_attn_scalar": 24, "sliding_window": 8, "layer_types": ["sliding_attention", "sliding_attention", "full_attention"], "rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1000000.0}, "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0} }, "tie_word_embeddings": true}"""),
        ("phi3-long", $$"""{"model_type": "phi3", {{Common}} "sliding_window": 9, "original_max_position_embeddings": 16, "rope_parameters": {"rope_type": "longrope", "rope_theta": 10000.0, "partial_rotary_factor": 0.5, "short_factor": [1.0, 1.1, 1.2, 1.3], "long_factor": [2.0, 2.1, 2.2, 2.3]} }"""),
        ("phi", $$"""{"model_type": "phi", {{Common}} "partial_rotary_factor": 0.5, "hidden_act": "gelu_new", "layer_norm_eps": 1e-5}"""),
        ("gpt2", $$"""{"model_type": "gpt2", {{Gpt}} "n_inner": 80, "activation_function": "gelu_new", "scale_attn_by_inverse_layer_idx": true, "tie_word_embeddings": true}"""),
        ("gpt-neox", $$"""{"model_type": "gpt_neox", {{Common}} "rotary_pct": 0.5, "hidden_act": "gelu", "use_parallel_residual": true}"""),
        ("gpt-neox-sequential", $$"""{"model_type": "gpt_neox", {{Common}} "rotary_pct": 0.25, "hidden_act": "gelu", "use_parallel_residual": false, "attention_bias": false}"""),
        ("gptj", $$"""{"model_type": "gptj", {{Gpt}} "rotary_dim": 8, "activation_function": "gelu_new"}"""),
        ("opt-post", """{"model_type": "opt", "vocab_size": 320, "hidden_size": 64, "num_hidden_layers": 2, "ffn_dim": 96, "num_attention_heads": 4, "max_position_embeddings": 1024, "word_embed_proj_dim": 32, "do_layer_norm_before": false, "activation_function": "relu", "tie_word_embeddings": true}"""),
        ("bloom", """{"model_type": "bloom", "vocab_size": 320, "hidden_size": 96, "n_layer": 2, "n_head": 6, "tie_word_embeddings": true, "apply_residual_connection_post_layernorm": false}"""),
        ("falcon", """{"model_type": "falcon", "vocab_size": 320, "hidden_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4, "num_kv_heads": 2, "new_decoder_architecture": true, "max_position_embeddings": 1024, "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"}, "tie_word_embeddings": true}"""),
        ("falcon-multi-query", """{"model_type": "falcon", "vocab_size": 320, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "multi_query": true, "parallel_attn": true, "max_position_embeddings": 1024, "tie_word_embeddings": true}"""),
        ("falcon-alibi", """{"model_type": "falcon", "vocab_size": 320, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "multi_query": false, "parallel_attn": false, "alibi": true, "bias": true, "max_position_embeddings": 1024, "tie_word_embeddings": true}"""),
        ("stablelm", $$"""{"model_type": "stablelm", {{Common}} "layer_norm_eps": 1e-5, "partial_rotary_factor": 0.5, "use_qkv_bias": true, "qk_layernorm": true, "use_parallel_residual": true}"""),
        ("starcoder2", $$"""{"model_type": "starcoder2", {{Common}} "norm_epsilon": 1e-5, "hidden_act": "gelu_pytorch_tanh", "sliding_window": 8, "use_bias": true, "tie_word_embeddings": true}"""),
        ("olmo2", $$"""{"model_type": "olmo2", {{Common}} "attention_bias": false}"""),
        ("cohere", $$"""{"model_type": "cohere", {{Common}} "layer_norm_eps": 1e-5, "logit_scale": 0.3, "use_qk_norm": true, "tie_word_embeddings": true}"""),
        ("cohere2", $$"""{"model_type": "cohere2", {{Common}} "layer_norm_eps": 1e-5, "logit_scale": 0.3, "sliding_window": 8, "layer_types": ["sliding_attention", "full_attention", "sliding_attention"], "tie_word_embeddings": true}"""),
        ("glm4", $$"""{"model_type": "glm4", {{Common}} "head_dim": 16, "attention_bias": true, "partial_rotary_factor": 0.5}"""),
        ("granite", $$"""{"model_type": "granite", {{Common}} "embedding_multiplier": 3.0, "logits_scaling": 2.0, "residual_multiplier": 0.3, "attention_multiplier": 0.2}"""),
        ("granite-moe", $$"""{"model_type": "granitemoeshared", {{Common}} "num_local_experts": 4, "num_experts_per_tok": 2, "shared_intermediate_size": 80, "embedding_multiplier": 3.0, "logits_scaling": 2.0, "residual_multiplier": 0.3, "attention_multiplier": 0.2}"""),
        ("smollm3", $$"""{"model_type": "smollm3", {{Common}} "no_rope_layers": [1, 0, 1], "tie_word_embeddings": true}"""),
        ("gpt-oss", $$"""{"model_type": "gpt_oss", "vocab_size": 320, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 1024, "head_dim": 16, "num_local_experts": 4, "num_experts_per_tok": 2, "sliding_window": 8, "layer_types": ["sliding_attention", "full_attention"], "attention_bias": true, "rope_parameters": {"rope_type": "yarn", "factor": 32.0, "beta_fast": 32.0, "beta_slow": 1.0, "truncate": false, "original_max_position_embeddings": 32, "rope_theta": 150000.0} }"""),
        ("deepseek-v2", $$"""{"model_type": "deepseek_v2", {{Latent}} "q_lora_rank": null, "n_routed_experts": 4, "n_shared_experts": 2, "topk_method": "group_limited_greedy", "n_group": 2, "topk_group": 1, "routed_scaling_factor": 1.5, "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"} }"""),
        ("deepseek-v3", $$"""{"model_type": "deepseek_v3", {{Latent}} "q_lora_rank": 32, "n_routed_experts": 8, "n_shared_experts": 1, "n_group": 4, "topk_group": 2, "norm_topk_prob": true, "routed_scaling_factor": 1.5, "rope_interleave": true, "rope_parameters": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32, "rope_theta": 10000.0, "mscale": 1.0, "mscale_all_dim": 0.7} }"""),
        ("mamba2", """{"model_type": "mamba2", "vocab_size": 320, "hidden_size": 64, "num_hidden_layers": 2, "num_heads": 8, "head_dim": 16, "state_size": 16, "n_groups": 2, "conv_kernel": 4, "expand": 2, "layer_norm_epsilon": 1e-5, "use_bias": true, "use_conv_bias": true, "time_step_limit": [0.01, 0.9], "max_position_embeddings": 1024}"""),
        ("mamba", """{"model_type": "mamba", "vocab_size": 320, "hidden_size": 64, "num_hidden_layers": 2, "state_size": 8, "conv_kernel": 4, "expand": 2, "intermediate_size": 72, "time_step_rank": 5, "layer_norm_epsilon": 1e-5, "use_bias": true, "use_conv_bias": true, "max_position_embeddings": 1024}"""),
        ("jamba", $$"""{"model_type": "jamba", {{Common}} "num_experts": 4, "num_experts_per_tok": 2, "expert_layer_period": 2, "expert_layer_offset": 0, "attn_layer_period": 3, "attn_layer_offset": 1, "mamba_d_state": 16, "mamba_d_conv": 4, "mamba_expand": 2, "mamba_dt_rank": 6, "mamba_conv_bias": true, "mamba_proj_bias": true}"""),
        ("bamba", $$"""{"model_type": "bamba", {{Common}} {{Mixer}} "attn_layer_indices": [1], "partial_rotary_factor": 0.5}"""),
        ("granite-hybrid", $$"""{"model_type": "granitemoehybrid", {{Common}} {{Mixer}} "layer_types": ["mamba", "attention", "mamba"], "num_local_experts": 4, "num_experts_per_tok": 2, "shared_intermediate_size": 80, "embedding_multiplier": 3.0, "logits_scaling": 2.0, "residual_multiplier": 0.3, "attention_multiplier": 0.2, "position_embedding_type": "rope"}"""),
        ("granite-hybrid-dense", $$"""{"model_type": "granitemoehybrid", {{Common}} {{Mixer}} "layer_types": ["mamba", "attention", "mamba"], "num_local_experts": 0, "num_experts_per_tok": 0, "shared_intermediate_size": 80}"""),
    ];
}

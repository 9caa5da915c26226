using System.Globalization;

namespace Kvasir.Models;

/// <summary>The names of the weights in the two kinds of model files.</summary>
internal static class WeightNames
{
    /// <summary>The name in a GGUF file.</summary>
    public static string Gguf(WeightRole role, int layer)
    {
        string name = role switch
        {
            WeightRole.TokenEmbedding => "token_embd.weight",
            WeightRole.OutputNorm => "output_norm.weight",
            WeightRole.Output => "output.weight",
            WeightRole.AttentionNorm => "attn_norm.weight",
            WeightRole.Query => "attn_q.weight",
            WeightRole.Key => "attn_k.weight",
            WeightRole.Value => "attn_v.weight",
            WeightRole.AttentionOutput => "attn_output.weight",
            WeightRole.QueryBias => "attn_q.bias",
            WeightRole.KeyBias => "attn_k.bias",
            WeightRole.ValueBias => "attn_v.bias",
            WeightRole.AttentionOutputBias => "attn_output.bias",
            WeightRole.FeedForwardNorm => "ffn_norm.weight",
            WeightRole.Gate => "ffn_gate.weight",
            WeightRole.Up => "ffn_up.weight",
            WeightRole.Down => "ffn_down.weight",
            WeightRole.GateBias => "ffn_gate.bias",
            WeightRole.UpBias => "ffn_up.bias",
            WeightRole.DownBias => "ffn_down.bias",
            _ => throw new ArgumentOutOfRangeException(nameof(role), role, "not a weight role"),
        };
        return IsPerLayer(role) ? string.Create(CultureInfo.InvariantCulture, $"blk.{layer}.{name}") : name;
    }

    /// <summary>The name in a Hugging Face folder.</summary>
    public static string HuggingFace(WeightRole role, int layer)
    {
        string name = role switch
        {
            WeightRole.TokenEmbedding => "model.embed_tokens.weight",
            WeightRole.OutputNorm => "model.norm.weight",
            WeightRole.Output => "lm_head.weight",
            WeightRole.AttentionNorm => "input_layernorm.weight",
            WeightRole.Query => "self_attn.q_proj.weight",
            WeightRole.Key => "self_attn.k_proj.weight",
            WeightRole.Value => "self_attn.v_proj.weight",
            WeightRole.AttentionOutput => "self_attn.o_proj.weight",
            WeightRole.QueryBias => "self_attn.q_proj.bias",
            WeightRole.KeyBias => "self_attn.k_proj.bias",
            WeightRole.ValueBias => "self_attn.v_proj.bias",
            WeightRole.AttentionOutputBias => "self_attn.o_proj.bias",
            WeightRole.FeedForwardNorm => "post_attention_layernorm.weight",
            WeightRole.Gate => "mlp.gate_proj.weight",
            WeightRole.Up => "mlp.up_proj.weight",
            WeightRole.Down => "mlp.down_proj.weight",
            WeightRole.GateBias => "mlp.gate_proj.bias",
            WeightRole.UpBias => "mlp.up_proj.bias",
            WeightRole.DownBias => "mlp.down_proj.bias",
            _ => throw new ArgumentOutOfRangeException(nameof(role), role, "not a weight role"),
        };
        return IsPerLayer(role) ? string.Create(CultureInfo.InvariantCulture, $"model.layers.{layer}.{name}") : name;
    }

    public static bool IsPerLayer(WeightRole role) => role is not (WeightRole.TokenEmbedding or WeightRole.OutputNorm or WeightRole.Output);
}

namespace Kvasir.Models;

/// <summary>Names of weights as Llama's files have them; most families change a few.</summary>
internal static class LlamaNames
{
    private const string Layer = "model.layers.{0}.";

    /// <summary>Dense decoders.</summary>
    public static WeightNaming Dense { get; } = new()
    {
        Prefix = "model.",
        [WeightRole.TokenEmbedding] = ["model.embed_tokens.weight"],
        [WeightRole.OutputNorm] = ["model.norm.weight"],
        [WeightRole.OutputNormBias] = ["model.norm.bias"],
        [WeightRole.Output] = ["lm_head.weight"],
        [WeightRole.OutputBias] = ["lm_head.bias"],
        [WeightRole.AttentionNorm] = [Layer + "input_layernorm.weight"],
        [WeightRole.AttentionNormBias] = [Layer + "input_layernorm.bias"],
        [WeightRole.Query] = [Layer + "self_attn.q_proj.weight"],
        [WeightRole.Key] = [Layer + "self_attn.k_proj.weight"],
        [WeightRole.Value] = [Layer + "self_attn.v_proj.weight"],
        [WeightRole.AttentionOutput] = [Layer + "self_attn.o_proj.weight"],
        [WeightRole.QueryBias] = [Layer + "self_attn.q_proj.bias"],
        [WeightRole.KeyBias] = [Layer + "self_attn.k_proj.bias"],
        [WeightRole.ValueBias] = [Layer + "self_attn.v_proj.bias"],
        [WeightRole.AttentionOutputBias] = [Layer + "self_attn.o_proj.bias"],
        [WeightRole.QueryNorm] = [new(Layer + "self_attn.q_norm.weight", WeightForm.Flat)],
        [WeightRole.KeyNorm] = [new(Layer + "self_attn.k_norm.weight", WeightForm.Flat)],
        [WeightRole.FeedForwardNorm] = [Layer + "post_attention_layernorm.weight"],
        [WeightRole.FeedForwardNormBias] = [Layer + "post_attention_layernorm.bias"],
        [WeightRole.Gate] = [Layer + "mlp.gate_proj.weight"],
        [WeightRole.Up] = [Layer + "mlp.up_proj.weight"],
        [WeightRole.Down] = [Layer + "mlp.down_proj.weight"],
        [WeightRole.GateBias] = [Layer + "mlp.gate_proj.bias"],
        [WeightRole.UpBias] = [Layer + "mlp.up_proj.bias"],
        [WeightRole.DownBias] = [Layer + "mlp.down_proj.bias"],
    };

    /// <summary>
    /// With experts, one tensor each (<c>mlp.experts.E.gate_proj</c>) or all in one, gate and up together (<c>mlp.experts.gate_up_proj</c>).
    /// </summary>
    public static WeightNaming Experts { get; } = new(Dense)
    {
        [WeightRole.Router] = [Layer + "mlp.gate.weight"],
        [WeightRole.RouterCorrection] = [Layer + "mlp.gate.e_score_correction_bias"],
        [WeightRole.ExpertGate] = [Layer + "mlp.experts.{1}.gate_proj.weight", Fused("mlp.experts.gate_up_proj")],
        [WeightRole.ExpertUp] = [Layer + "mlp.experts.{1}.up_proj.weight", Fused("mlp.experts.gate_up_proj")],
        [WeightRole.ExpertDown] = [Layer + "mlp.experts.{1}.down_proj.weight", new(Layer + "mlp.experts.down_proj", WeightForm.Experts)],
        [WeightRole.SharedGate] = [Layer + "mlp.shared_experts.gate_proj.weight", Layer + "mlp.shared_expert.gate_proj.weight"],
        [WeightRole.SharedUp] = [Layer + "mlp.shared_experts.up_proj.weight", Layer + "mlp.shared_expert.up_proj.weight"],
        [WeightRole.SharedDown] = [Layer + "mlp.shared_experts.down_proj.weight", Layer + "mlp.shared_expert.down_proj.weight"],
        [WeightRole.SharedExpertGate] = [Layer + "mlp.shared_expert_gate.weight"],
    };

    private static WeightName Fused(string name) => new(Layer + name, WeightForm.Experts | WeightForm.Halves);
}

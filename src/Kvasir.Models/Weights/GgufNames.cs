namespace Kvasir.Models;

/// <summary>Names of weights in GGUF files (llama.cpp's tensor names).</summary>
internal static class GgufNames
{
    private const string Layer = "blk.{0}.";

    /// <summary>Decoders, dense or with experts.</summary>
    public static WeightNaming Dense { get; } = new()
    {
        [WeightRole.TokenEmbedding] = ["token_embd.weight"],
        [WeightRole.OutputNorm] = ["output_norm.weight"],
        [WeightRole.OutputNormBias] = ["output_norm.bias"],
        [WeightRole.Output] = ["output.weight"],
        [WeightRole.OutputBias] = ["output.bias"],
        [WeightRole.AttentionNorm] = [Layer + "attn_norm.weight"],
        [WeightRole.AttentionNormBias] = [Layer + "attn_norm.bias"],
        [WeightRole.Query] = [Layer + "attn_q.weight"],
        [WeightRole.Key] = [Layer + "attn_k.weight"],
        [WeightRole.Value] = [Layer + "attn_v.weight"],
        [WeightRole.AttentionOutput] = [Layer + "attn_output.weight"],
        [WeightRole.QueryBias] = [Layer + "attn_q.bias"],
        [WeightRole.KeyBias] = [Layer + "attn_k.bias"],
        [WeightRole.ValueBias] = [Layer + "attn_v.bias"],
        [WeightRole.AttentionOutputBias] = [Layer + "attn_output.bias"],
        [WeightRole.FeedForwardNorm] = [Layer + "ffn_norm.weight"],
        [WeightRole.FeedForwardNormBias] = [Layer + "ffn_norm.bias"],
        [WeightRole.Gate] = [Layer + "ffn_gate.weight"],
        [WeightRole.Up] = [Layer + "ffn_up.weight"],
        [WeightRole.Down] = [Layer + "ffn_down.weight"],
        [WeightRole.GateBias] = [Layer + "ffn_gate.bias"],
        [WeightRole.UpBias] = [Layer + "ffn_up.bias"],
        [WeightRole.DownBias] = [Layer + "ffn_down.bias"],
        [WeightRole.QueryNorm] = [Layer + "attn_q_norm.weight"],
        [WeightRole.KeyNorm] = [Layer + "attn_k_norm.weight"],
        [WeightRole.AttentionOutputNorm] = [Layer + "post_attention_norm.weight"],
        [WeightRole.FeedForwardOutputNorm] = [Layer + "post_ffw_norm.weight"],
        [WeightRole.Router] = [Layer + "ffn_gate_inp.weight"],
        [WeightRole.ExpertGate] = [new(Layer + "ffn_gate_exps.weight", WeightForm.Experts)],
        [WeightRole.ExpertUp] = [new(Layer + "ffn_up_exps.weight", WeightForm.Experts)],
        [WeightRole.ExpertDown] = [new(Layer + "ffn_down_exps.weight", WeightForm.Experts)],
        [WeightRole.SharedGate] = [Layer + "ffn_gate_shexp.weight"],
        [WeightRole.SharedUp] = [Layer + "ffn_up_shexp.weight"],
        [WeightRole.SharedDown] = [Layer + "ffn_down_shexp.weight"],
        [WeightRole.SharedExpertGate] = [new(Layer + "ffn_gate_inp_shexp.weight", WeightForm.Flat)],
    };

    /// <summary>Decoders whose rotated pairs are neighbours in the file.</summary>
    public static WeightNaming Interleaved { get; } = new(Dense) { InterleavedRope = true };
}

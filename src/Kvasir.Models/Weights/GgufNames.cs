namespace Kvasir.Models;

/// <summary>Names of weights in GGUF files (llama.cpp's tensor names).</summary>
internal static class GgufNames
{
    private const string Layer = "blk.{0}.";

    /// <summary>Dense decoders.</summary>
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
    };

    /// <summary>Dense decoders whose rotated pairs are neighbours in the file.</summary>
    public static WeightNaming Interleaved { get; } = new(Dense) { InterleavedRope = true };
}

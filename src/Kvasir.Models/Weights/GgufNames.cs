namespace Kvasir.Models;

/// <summary>Names of weights in GGUF files (llama.cpp's tensor names). Of several places the first is where conversions write.</summary>
internal static class GgufNames
{
    private const string Layer = "blk.{0}.";

    /// <summary>Decoders, dense or with experts.</summary>
    public static WeightNaming Dense { get; } = new()
    {
        [WeightRole.TokenEmbedding] = ["token_embd.weight"],
        [WeightRole.EmbeddingNorm] = ["token_embd_norm.weight"],
        [WeightRole.EmbeddingNormBias] = ["token_embd_norm.bias"],
        [WeightRole.PositionEmbedding] = ["position_embd.weight"],
        [WeightRole.OutputNorm] = ["output_norm.weight"],
        [WeightRole.OutputNormBias] = ["output_norm.bias"],
        [WeightRole.Output] = ["output.weight"],
        [WeightRole.OutputBias] = ["output.bias"],
        [WeightRole.AttentionNorm] = [Layer + "attn_norm.weight"],
        [WeightRole.AttentionNormBias] = [Layer + "attn_norm.bias"],
        [WeightRole.Query] = [Layer + "attn_q.weight", Joined("attn_qkv.weight")],
        [WeightRole.Key] = [Layer + "attn_k.weight", Joined("attn_qkv.weight")],
        [WeightRole.Value] = [Layer + "attn_v.weight", Joined("attn_qkv.weight")],
        [WeightRole.AttentionOutput] = [Layer + "attn_output.weight"],
        [WeightRole.QueryBias] = [Layer + "attn_q.bias", Joined("attn_qkv.bias")],
        [WeightRole.KeyBias] = [Layer + "attn_k.bias", Joined("attn_qkv.bias")],
        [WeightRole.ValueBias] = [Layer + "attn_v.bias", Joined("attn_qkv.bias")],
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
        [WeightRole.RouterBias] = [Layer + "ffn_gate_inp.bias"],
        [WeightRole.RouterCorrection] = [Layer + "exp_probs_b.bias"],
        [WeightRole.ExpertGate] = [Stacked("ffn_gate_exps.weight")],
        [WeightRole.ExpertUp] = [Stacked("ffn_up_exps.weight")],
        [WeightRole.ExpertDown] = [Stacked("ffn_down_exps.weight")],
        [WeightRole.ExpertGateBias] = [Stacked("ffn_gate_exps.bias")],
        [WeightRole.ExpertUpBias] = [Stacked("ffn_up_exps.bias")],
        [WeightRole.ExpertDownBias] = [Stacked("ffn_down_exps.bias")],
        [WeightRole.SharedGate] = [Layer + "ffn_gate_shexp.weight"],
        [WeightRole.SharedUp] = [Layer + "ffn_up_shexp.weight"],
        [WeightRole.SharedDown] = [Layer + "ffn_down_shexp.weight"],
        [WeightRole.SharedExpertGate] = [new(Layer + "ffn_gate_inp_shexp.weight", WeightForm.Flat)],
    };

    /// <summary>Decoders whose rotated pairs are neighbours in the file.</summary>
    public static WeightNaming Interleaved { get; } = new(Dense) { InterleavedRope = true };

    /// <summary>Query, key and value in one tensor.</summary>
    public static WeightNaming Gpt { get; } = new(Dense)
    {
        [WeightRole.Query] = [Joined("attn_qkv.weight"), Layer + "attn_q.weight"],
        [WeightRole.Key] = [Joined("attn_qkv.weight"), Layer + "attn_k.weight"],
        [WeightRole.Value] = [Joined("attn_qkv.weight"), Layer + "attn_v.weight"],
        [WeightRole.QueryBias] = [Joined("attn_qkv.bias"), Layer + "attn_q.bias"],
        [WeightRole.KeyBias] = [Joined("attn_qkv.bias"), Layer + "attn_k.bias"],
        [WeightRole.ValueBias] = [Joined("attn_qkv.bias"), Layer + "attn_v.bias"],
    };

    /// <summary>Falcon with a norm for each block: what is called the norm of attention is that of the feed-forward block.</summary>
    public static WeightNaming FalconApart { get; } = new(Gpt)
    {
        [WeightRole.AttentionNorm] = [Layer + "attn_norm_2.weight"],
        [WeightRole.AttentionNormBias] = [Layer + "attn_norm_2.bias"],
        [WeightRole.FeedForwardNorm] = [Layer + "attn_norm.weight"],
        [WeightRole.FeedForwardNormBias] = [Layer + "attn_norm.bias"],
    };

    /// <summary>Gate and up in one tensor, and the projections of attention (Phi 3).</summary>
    public static WeightNaming Fused { get; } = new(Gpt) { [WeightRole.Gate] = Halves, [WeightRole.Up] = Halves };

    /// <summary>Gate and up in one tensor, rotated pairs neighbours (GLM 4).</summary>
    public static WeightNaming FusedFeedForward { get; } = new(Interleaved) { [WeightRole.Gate] = Halves, [WeightRole.Up] = Halves };

    /// <summary>Norms of every head's queries and keys as <c>[heads, headDim]</c> (StableLM).</summary>
    public static WeightNaming HeadNorms { get; } = new(Dense) { [WeightRole.QueryNorm] = HeadNorm("attn_q_norm"), [WeightRole.KeyNorm] = HeadNorm("attn_k_norm") };

    /// <summary>The same with neighbouring pairs (Command R).</summary>
    public static WeightNaming CommandR { get; } = new(HeadNorms) { InterleavedRope = true };

    /// <summary>The feed-forward block's norm goes by the name of a norm behind attention (gpt-oss).</summary>
    public static WeightNaming GptOss { get; } = new(Dense)
    {
        [WeightRole.FeedForwardNorm] = [Layer + "post_attention_norm.weight"],
        [WeightRole.Sinks] = [Layer + "attn_sinks.weight"],
    };

    /// <summary>Latent attention: each head's projections stacked, or those of keys and values in one tensor as in older files (DeepSeek).</summary>
    public static WeightNaming Latent { get; } = new(Interleaved)
    {
        [WeightRole.Query] = [Layer + "attn_q_b.weight", Layer + "attn_q.weight"],
        [WeightRole.QueryDown] = [Layer + "attn_q_a.weight"],
        [WeightRole.QueryDownNorm] = [Layer + "attn_q_a_norm.weight"],
        [WeightRole.LatentDown] = [Layer + "attn_kv_a_mqa.weight"],
        [WeightRole.LatentNorm] = [Layer + "attn_kv_a_norm.weight"],
        [WeightRole.LatentKey] = [Stacked("attn_k_b.weight"), new(Layer + "attn_kv_b.weight", WeightForm.HeadParts)],
        [WeightRole.LatentValue] = [Stacked("attn_v_b.weight"), new(Layer + "attn_kv_b.weight", WeightForm.HeadParts)],
    };

    /// <summary>Latent attention whose queries are projected directly.</summary>
    public static WeightNaming LatentDirect { get; } = new(Latent) { [WeightRole.Query] = [Layer + "attn_q.weight"] };

    /// <summary>Mamba-2 mixers.</summary>
    public static WeightNaming Mixers { get; } = new(Dense)
    {
        [WeightRole.MixerInput] = [Layer + "ssm_in.weight"],
        [WeightRole.MixerKernel] = [new(Layer + "ssm_conv1d.weight", WeightForm.Flat)],
        [WeightRole.MixerKernelBias] = [Layer + "ssm_conv1d.bias"],
        [WeightRole.MixerStepBias] = [Layer + "ssm_dt.bias"],
        [WeightRole.MixerDecay] = [new(Layer + "ssm_a", WeightForm.Flat | WeightForm.NegatedExponential)],
        [WeightRole.MixerSkip] = [new(Layer + "ssm_d", WeightForm.Flat)],
        [WeightRole.MixerNorm] = [new(Layer + "ssm_norm.weight", WeightForm.Flat)],
        [WeightRole.MixerOutput] = [Layer + "ssm_out.weight"],
    };

    private static WeightName[] Halves => [new(Layer + "ffn_up.weight", WeightForm.Halves)];

    private static WeightName Joined(string name) => new(Layer + name, WeightForm.Stacked);

    private static WeightName Stacked(string name) => new(Layer + name, WeightForm.Experts);

    private static WeightName[] HeadNorm(string name) => [new(Layer + name + ".weight", WeightForm.Flat)];
}

using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Engine.Loading;

/// <summary>The weights of one decoder layer, packed for the backend: what its plan asks for, null otherwise. Owned by <see cref="DecoderWeights"/>.</summary>
internal sealed class LayerWeights : IDisposable
{
    public LayerWeights(WeightPacking packing, int layer)
    {
        var plan = packing.Config.Layer(layer);
        AttentionNorm = NormWeights.Read(packing, WeightRole.AttentionNorm, WeightRole.AttentionNormBias, layer);
        AttentionOutputNorm = NormWeights.Read(packing, WeightRole.AttentionOutputNorm, null, layer);
        if (plan.Mixer == LayerMixer.Recurrent)
            Mixer = new MixerWeights(packing, layer);
        else if (packing.Config.Latent is not null)
            Latent = new LatentWeights(packing, layer);
        else
            Attention = new AttentionWeights(packing, layer);
        FeedForwardNorm = NormWeights.Read(packing, WeightRole.FeedForwardNorm, WeightRole.FeedForwardNormBias, layer);
        FeedForwardOutputNorm = NormWeights.Read(packing, WeightRole.FeedForwardOutputNorm, null, layer);
        if (plan.FeedForward == FeedForwardKind.Dense)
            Dense = BlockWeights.Dense(packing, layer);
        else if (plan.FeedForward == FeedForwardKind.Experts)
            Experts = new ExpertWeights(packing, layer);
    }

    /// <summary>Norm of the mixer's input, or of the residual stream behind it.</summary>
    public NormWeights? AttentionNorm { get; }

    /// <summary>Norm of the mixer's output.</summary>
    public NormWeights? AttentionOutputNorm { get; }

    public AttentionWeights? Attention { get; }

    public LatentWeights? Latent { get; }

    public MixerWeights? Mixer { get; }

    /// <summary>Norm of the feed-forward block's input, or of the residual stream behind it.</summary>
    public NormWeights? FeedForwardNorm { get; }

    /// <summary>Norm of the feed-forward block's output.</summary>
    public NormWeights? FeedForwardOutputNorm { get; }

    public BlockWeights? Dense { get; }

    public ExpertWeights? Experts { get; }

    /// <summary>All matrices.</summary>
    public IEnumerable<PackedMatrix> Matrices => (Attention?.Matrices ?? Latent?.Matrices ?? Mixer!.Matrices)
        .Concat(Dense is null ? [] : [Dense.Inner, Dense.Down])
        .Concat(Experts?.Matrices ?? []);

    public void Dispose()
    {
        AttentionNorm?.Dispose();
        AttentionOutputNorm?.Dispose();
        Attention?.Dispose();
        Latent?.Dispose();
        Mixer?.Dispose();
        FeedForwardNorm?.Dispose();
        FeedForwardOutputNorm?.Dispose();
        Dense?.Dispose();
        Experts?.Dispose();
    }
}

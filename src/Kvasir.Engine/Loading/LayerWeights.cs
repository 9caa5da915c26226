using Kvasir.Numerics;

namespace Kvasir.Engine.Loading;

/// <summary>The weights of one decoder layer, packed for the backend. Owned by <see cref="DecoderWeights"/>.</summary>
internal sealed class LayerWeights : IDisposable
{
    /// <summary>Norm before attention <c>[hidden]</c>.</summary>
    public required NativeBuffer AttentionNorm { get; init; }

    /// <summary>Queries, keys and values, stacked: <c>[(queryHeads + 2 kvHeads) * headDim, hidden]</c>.</summary>
    public required PackedMatrix QueryKeyValue { get; init; }

    /// <summary>Bias of <see cref="QueryKeyValue"/>, or null.</summary>
    public NativeBuffer? QueryKeyValueBias { get; init; }

    /// <summary><c>[hidden, queryHeads * headDim]</c>.</summary>
    public required PackedMatrix AttentionOutput { get; init; }

    /// <summary>Bias of <see cref="AttentionOutput"/>, or null.</summary>
    public NativeBuffer? AttentionOutputBias { get; init; }

    /// <summary>Norm before the feed-forward part <c>[hidden]</c>.</summary>
    public required NativeBuffer FeedForwardNorm { get; init; }

    /// <summary>Gate and up projections, stacked: <c>[2 * intermediate, hidden]</c>.</summary>
    public required PackedMatrix GateUp { get; init; }

    /// <summary>Bias of <see cref="GateUp"/>, or null.</summary>
    public NativeBuffer? GateUpBias { get; init; }

    /// <summary><c>[hidden, intermediate]</c>.</summary>
    public required PackedMatrix Down { get; init; }

    /// <summary>Bias of <see cref="Down"/>, or null.</summary>
    public NativeBuffer? DownBias { get; init; }

    public void Dispose()
    {
        AttentionNorm.Dispose();
        QueryKeyValue.Dispose();
        QueryKeyValueBias?.Dispose();
        AttentionOutput.Dispose();
        AttentionOutputBias?.Dispose();
        FeedForwardNorm.Dispose();
        GateUp.Dispose();
        GateUpBias?.Dispose();
        Down.Dispose();
        DownBias?.Dispose();
    }
}

using Kvasir.Models;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Sessions;

/// <summary>What rows cost, from the shapes of a model: two operations a weight, and four for each pair of query and visible row a dimension.</summary>
/// <param name="config">The model.</param>
/// <param name="layout">How its keys and values are stored.</param>
internal sealed class CostShapes(ModelConfig config, KvLayout layout)
{
    /// <summary>Bytes of a token's keys and values, over all layers and heads, scales included.</summary>
    public double BytesPerToken => layout.BytesPerToken;

    /// <summary>Operations of a run of rows of a prompt.</summary>
    /// <param name="first">Rows that the first of them sees before itself.</param>
    /// <param name="count">How many.</param>
    public double PrefillFlops(double first, int count)
    {
        var visible = (count * first) + (count * (count + 1.0) / 2);
        return config.Layers * ((count * LayerFlops) + (4.0 * config.QueryHeads * config.HeadDim * visible));
    }

    /// <summary>What it costs to compute a prompt behind rows that are there, and to answer.</summary>
    /// <param name="found">Rows that are there, as many as are read.</param>
    /// <param name="computed">Rows of the prompt that are computed.</param>
    /// <param name="answer">Tokens sampled; the last one's row is not computed.</param>
    public StageCosts Ask(double found, int computed, int answer)
    {
        var steps = Math.Max(0, answer - 1);
        var read = steps * (found + computed + ((steps + 1) / 2.0));
        return new StageCosts(
            PrefillFlops(found, computed), (computed + steps) * BytesPerToken, found * BytesPerToken, read * BytesPerToken, steps, answer);
    }

    private double LayerFlops =>
        2.0 * config.HiddenSize * ((config.HeadDim * ((2.0 * config.QueryHeads) + (2.0 * config.KvHeads))) + (3.0 * config.IntermediateSize));
}

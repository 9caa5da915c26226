using Kvasir.Engine.Running;
using Kvasir.Models;

namespace Kvasir.Benchmarks.Compression;

/// <summary>Takes heads out of a model: what they have gathered is zero for every row.</summary>
/// <param name="headDim">Dimensions of a head.</param>
internal sealed unsafe class HeadMask(int headDim) : IActivationObserver
{
    /// <summary>Query heads that are taken out.</summary>
    public IReadOnlyCollection<(int Layer, int Head)> Heads { get; set; } = [];

    public void BeforeMatMul(ReadOnlySpan<WeightRole> roles, int layer, float* x, int rows, int width)
    {
        if (!roles.Contains(WeightRole.AttentionOutput))
            return;
        foreach (var (_, head) in Heads.Where(head => head.Layer == layer))
        {
            for (var row = 0; row < rows; row++)
                new Span<float>(x + ((long)row * width) + (head * headDim), headDim).Clear();
        }
    }
}
